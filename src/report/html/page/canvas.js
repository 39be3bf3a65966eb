// Canvases as wide as their place, sharp on every screen.
function sized(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 4);
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; canvas.style.width = `${width}px`; canvas.style.height = `${height}px`; }
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  ctx.font = `${px(12)}px system-ui, sans-serif`;
  ctx.textBaseline = "middle";
  return ctx;
}

const view = { from: run.from, to: run.to, width: 800, gutter: 120 };
const least = 200;                       // the closest look: 200 µs
const xOf = (at) => view.gutter + (at - view.from) / (view.to - view.from) * (view.width - view.gutter);
const timeAt = (x) => view.from + (x - view.gutter) / (view.width - view.gutter) * (view.to - view.from);
const perPixel = () => (view.to - view.from) / Math.max(1, view.width - view.gutter);

function setView(from, to) {
  const whole = run.to - run.from;
  let span = Math.min(Math.max(to - from, least), whole);
  let start = (from + to) / 2 - span / 2;
  start = Math.max(run.from, Math.min(start, run.to - span));
  view.from = start;
  view.to = start + span;
  redraw();
}
const zoom = (factor, about) => setView(about - (about - view.from) * factor, about + (view.to - about) * factor);

// Cuts a text to a width.
function fitted(ctx, text, width) {
  if (ctx.measureText(text).width <= width) return text;
  let low = 0, high = text.length;
  while (low < high) { const mid = (low + high + 1) >> 1; if (ctx.measureText(text.slice(0, mid) + "…").width <= width) low = mid; else high = mid - 1; }
  return low > 0 ? text.slice(0, low) + "…" : "";
}

// A bar from one moment to another, at least a pixel wide, cut to what is seen.
function bar(ctx, from, to, y, height, fill) {
  const x = Math.max(view.gutter, xOf(from));
  const end = Math.min(view.width, xOf(to));
  if (end < view.gutter || x > view.width || end < x) return null;
  ctx.fillStyle = fill;
  ctx.fillRect(x, y, Math.max(1, end - x), height);
  return [x, Math.max(1, end - x)];
}

// Round moments for the axis.
function ticks() {
  const wanted = (view.to - view.from) / Math.max(2, (view.width - view.gutter) / px(110));
  const units = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 2e7, 3e7, 6e7, 12e7, 3e8, 6e8, 18e8, 36e8, 72e8, 216e8, 864e8];
  const step = units.find((unit) => unit >= wanted) || units[units.length - 1];
  const list = [];
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) list.push(at);
  return { step, list };
}
