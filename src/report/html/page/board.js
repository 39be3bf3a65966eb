// The board: lanes under each other in a window that scrolls, the axis, and the clock.
const lanesBox = document.getElementById("lanes-box");
const lanesSpace = document.getElementById("lanes-space");
const lanesCanvas = document.getElementById("lanes");
const axisCanvas = document.getElementById("axis");
const clock = { at: Math.min(Math.max(0, run.from), run.to), playing: false };
const chosen = { request: -1, row: -1 };
let whole = 0;
let pending = false;

function redraw() {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => { pending = false; draw(); });
}

function layout() {
  whole = buildRows();
  view.width = lanesBox.clientWidth;
  view.gutter = Math.min(px(168), view.width * 0.3);
  lanesSpace.style.height = `${whole}px`;
  lanesBox.style.maxHeight = `${whole + 4}px`;
}

function draw() {
  if (lanesBox.clientWidth !== view.width) layout();
  drawLanes();
  drawAxis();
  drawMetrics();
  drawTopology();
  drawReadings();
}

function drawLanes() {
  const height = lanesBox.clientHeight;
  const ctx = sized(lanesCanvas, view.width, height);
  const scroll = lanesBox.scrollTop;
  ctx.strokeStyle = theme.grid;
  ctx.lineWidth = 1;
  for (const at of ticks().list) { const x = Math.round(xOf(at)) + 0.5; ctx.beginPath(); ctx.moveTo(x, 0); ctx.lineTo(x, height); ctx.stroke(); }
  if (view.from < 0) bar(ctx, view.from, 0, 0, height, pattern("dots", theme.grid));
  const seen = rows.filter((row) => row.y + row.h > scroll && row.y < scroll + height);
  for (const row of seen) {
    ctx.save();
    ctx.beginPath(); ctx.rect(view.gutter, row.y - scroll, view.width - view.gutter, row.h); ctx.clip();
    row.draw(ctx, row.y - scroll, row.h);
    ctx.restore();
  }
  for (const fault of run.faults) line(ctx, fault.at, height, theme.bad, [px(2), px(4)]);
  const request = run.requests[chosen.request];
  if (request) request.path.forEach((step) => line(ctx, run.steps[step].at, height, theme.accent, [px(6), px(3)]));
  ctx.fillStyle = theme.ground;
  ctx.fillRect(0, 0, view.gutter, height);
  for (const row of seen) label(ctx, row, row.y - scroll);
  line(ctx, clock.at, height, theme.clock, []);
}

function line(ctx, at, height, colour, dashes) {
  const x = xOf(at);
  if (x < view.gutter || x > view.width) return;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = dashes.length ? 1 : px(2);
  ctx.setLineDash(dashes);
  ctx.beginPath(); ctx.moveTo(x, 0); ctx.lineTo(x, height); ctx.stroke();
  ctx.restore();
}

function label(ctx, row, y) {
  const active = rows.indexOf(row) === chosen.row;
  if (row.title) {
    ctx.fillStyle = theme.ground;
    ctx.fillRect(0, y, view.width, row.h);
    ctx.font = `600 ${px(12)}px system-ui, sans-serif`;
    ctx.fillStyle = theme.muted;
    ctx.fillText(fitted(ctx, row.label, view.width - px(8)), px(4), y + row.h - px(9));
    ctx.font = `${px(12)}px system-ui, sans-serif`;
    return;
  }
  if (active) { ctx.strokeStyle = theme.accent; ctx.lineWidth = px(2); ctx.strokeRect(1, y + 1, view.width - 2, row.h - 2); }
  let x = px(row.inner ? 18 : 6);
  if (row.opens) {
    ctx.fillStyle = theme.ink;
    ctx.fillText(expanded.has(row.client) ? "▾" : "▸", x, y + Math.min(row.h / 2, px(12)));
    x += px(13);
  }
  if (row.swatch !== undefined) {
    ctx.fillStyle = colourOf(row.swatch);
    ctx.fillRect(x, y + row.h / 2 - px(5), px(10), px(10));
    x += px(14);
  }
  ctx.fillStyle = row.inner ? theme.muted : theme.ink;
  ctx.fillText(fitted(ctx, row.label, view.gutter - x - px(4)), x, y + Math.min(row.h / 2, px(12)));
}

function drawAxis() {
  const height = px(24);
  const ctx = sized(axisCanvas, view.width, height);
  const { step, list } = ticks();
  ctx.fillStyle = theme.muted;
  ctx.strokeStyle = theme.muted;
  let free = view.gutter - px(20);
  for (const at of list) {
    const x = xOf(at);
    ctx.beginPath(); ctx.moveTo(x, 0); ctx.lineTo(x, px(5)); ctx.stroke();
    const text = time(at, step);
    const width = ctx.measureText(text).width;
    const left = Math.min(x - width / 2, view.width - width);
    if (left < free) continue;
    ctx.fillText(text, left, px(14));
    free = left + width + px(10);
  }
  line(ctx, clock.at, px(5), theme.clock, []);
}

const rowAt = (y) => rows.findIndex((row) => y >= row.y && y < row.y + row.h);

// The request whose sign lies next to a place, if one is near.
function requestAt(row, x) {
  if (row.client === undefined) return null;
  let best = null, least = px(9);
  for (const request of requestsOf[row.client]) {
    if (row.name !== undefined && request.partition !== row.name) continue;
    const away = Math.abs(xOf(judgedAt(request)) - x) + (request.kind === "right" ? px(3) : 0);
    if (away < least) [best, least] = [request, away];
  }
  return best;
}

const kinds = { right: "served by its leader", stale: "met a stale leader", overtaken: "overtaken by a move", leaderless: "found no leader" };
function requestWords(request) {
  const client = run.clients[request.client];
  const lines = [`${request.member ?? client.name}: ${request.produce ? "produce request" : "fetch"} for ${run.names[request.partition]} to ${brokerName(request.broker)}, ${kinds[request.kind]}`];
  const ends = request.ended === null ? "open at the end" : `over after ${length(request.ended - request.sent)}`;
  lines.push(`sent ${time(request.sent)}${request.taken === null ? "" : `, taken after ${length(request.taken - request.sent)}`}, ${ends}`);
  lines.push(run.outcomes[request.outcome] + (request.cause === undefined || request.cause === null ? "" : `; cause: ${run.causes[request.cause]}`));
  return lines;
}
