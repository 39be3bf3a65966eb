// Pointers and keys.
function hover(event, says) {
  const box = event.currentTarget.getBoundingClientRect();
  const lines = says(event.clientX - box.left, event.clientY - box.top);
  if (!lines.length) { tip.hidden = true; return; }
  tip.replaceChildren(...lines.map((text) => element("p", {}, text)));
  tip.hidden = false;
  const left = Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 6);
  const below = event.clientY + 18 + tip.offsetHeight < window.innerHeight;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${below ? event.clientY + 18 : Math.max(4, event.clientY - tip.offsetHeight - 12)}px`;
}

function wordsAt(x, y) {
  const row = rows[rowAt(y + lanesBox.scrollTop)];
  if (!row || row.title) return [];
  if (x < view.gutter) return [row.label];
  const request = requestAt(row, x);
  if (request) return request.kind === "stale" ? [...requestWords(request), "click to see how it came to be"] : requestWords(request);
  const at = timeAt(x);
  return [time(at, Math.min(1000, perPixel())), ...row.says(at, perPixel() * px(6))];
}

function press(x, y) {
  const place = rowAt(y + lanesBox.scrollTop);
  const row = rows[place];
  if (!row || row.title) return;
  chosen.row = place;
  if (x < view.gutter) { toggle(row); return; }
  const request = requestAt(row, x);
  if (request) { choose(request, false); return; }
  chosen.request = -1;
  clock.at = timeAt(x);
  showFacts(`${row.label} at ${time(clock.at)}`, row.says(clock.at, perPixel() * px(6)));
  redraw();
}

function toggle(row) {
  if (row.client === undefined || row.inner || !row.opens) { redraw(); return; }
  if (expanded.has(row.client)) expanded.delete(row.client); else expanded.add(row.client);
  layout();
  redraw();
}

// One pointer drags the time, two pinch it; what hardly moved was a click.
function draggable(canvas, onPress) {
  const pointers = new Map();
  let moved = 0, last = null;
  const local = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  canvas.addEventListener("pointerdown", (event) => { pointers.set(event.pointerId, local(event)); moved = 0; canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    const [x, y] = local(event);
    const [oldX, oldY] = pointers.get(event.pointerId);
    if (pointers.size === 1) {
      moved += Math.abs(x - oldX) + Math.abs(y - oldY);
      if (moved > 5) { const by = (oldX - x) * perPixel(); setView(view.from + by, view.to + by); tip.hidden = true; }
    }
    pointers.set(event.pointerId, [x, y]);
    if (pointers.size === 2) {
      moved = 99;
      const [a, b] = [...pointers.values()];
      const apart = Math.max(10, Math.abs(a[0] - b[0]));
      if (last) zoom(last / apart, timeAt((a[0] + b[0]) / 2));
      last = apart;
    }
  });
  const up = (event) => {
    if (pointers.delete(event.pointerId) && moved <= 5 && event.type === "pointerup") onPress(...local(event));
    last = null;
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("wheel", (event) => {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (event.ctrlKey || event.metaKey) { event.preventDefault(); zoom(Math.exp(Math.max(-50, Math.min(50, event.deltaY)) * 0.012), timeAt(local(event)[0])); }
    else if (sideways || event.shiftKey) { event.preventDefault(); const by = (sideways ? event.deltaX : event.deltaY) * perPixel(); setView(view.from + by, view.to + by); }
  }, { passive: false });
}

const keys = {
  " ": () => setPlaying(!clock.playing),
  ArrowRight: (event) => { const by = (view.to - view.from) / 50; if (event.shiftKey) setView(view.from + 5 * by, view.to + 5 * by); else go(clock.at + by); },
  ArrowLeft: (event) => { const by = (view.to - view.from) / 50; if (event.shiftKey) setView(view.from - 5 * by, view.to - 5 * by); else go(clock.at - by); },
  ArrowDown: () => pick(1), ArrowUp: () => pick(-1),
  Enter: () => { const row = rows[chosen.row]; if (row) { toggle(row); showFacts(`${row.label} at ${time(clock.at)}`, row.says(clock.at, perPixel() * px(6))); } },
  "+": () => zoom(0.5, clock.at), "=": () => zoom(0.5, clock.at), "-": () => zoom(2, clock.at), 0: () => setView(run.from, run.to),
  Home: () => go(run.from), End: () => go(run.to),
  n: () => jumpMove(nextOf), p: () => jumpMove(previousOf), s: () => jumpStale(nextOf), w: watchMove,
  ".": () => { const event = nextOf(run.events, (e) => e.at); if (event) go(event.at); }, ",": () => { const event = previousOf(run.events, (e) => e.at); if (event) go(event.at); },
};

// The next lane, by key.
function pick(by) {
  let at = chosen.row;
  do at += by; while (rows[at] && rows[at].title);
  if (!rows[at]) return;
  chosen.row = at;
  reveal(rows[at]);
  showFacts(`${rows[at].label} at ${time(clock.at)}`, rows[at].says(clock.at, perPixel() * px(6)));
  redraw();
}

function listen() {
  draggable(lanesCanvas, press);
  draggable(metricsCanvas, (x) => { if (x > view.gutter) go(timeAt(x)); });
  lanesCanvas.addEventListener("pointermove", (event) => { if (event.pointerType !== "touch" && event.buttons === 0) hover(event, wordsAt); });
  metricsCanvas.addEventListener("pointermove", (event) => { if (event.pointerType !== "touch" && event.buttons === 0) hover(event, (x, y) => x < view.gutter ? [] : metricWords(timeAt(x), y)); });
  for (const canvas of [lanesCanvas, metricsCanvas]) canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
  lanesBox.addEventListener("scroll", redraw);
  lanesCanvas.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(event);
  });
  const on = (id, act) => document.getElementById(id).addEventListener("click", act);
  on("play", () => setPlaying(!clock.playing));
  on("previous-move", () => jumpMove(previousOf));
  on("next-move", () => jumpMove(nextOf));
  on("next-stale", () => jumpStale(nextOf));
  on("watch-move", watchMove);
  on("zoom-in", () => zoom(0.5, clock.at));
  on("zoom-out", () => zoom(2, clock.at));
  on("zoom-all", () => setView(run.from, run.to));
  slider.addEventListener("input", () => go(run.from + Number(slider.value) / 1000 * (run.to - run.from)));
  on("copy", () => {
    const done = document.getElementById("copied");
    navigator.clipboard?.writeText(document.getElementById("command-text").textContent).then(() => { done.textContent = "Copied."; }, () => { done.textContent = "Select the line and copy it."; });
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
  new ResizeObserver(() => { layout(); redraw(); }).observe(lanesBox);
  darkPreferred.addEventListener("change", () => { readTheme(); netAt = NaN; redraw(); });
}
