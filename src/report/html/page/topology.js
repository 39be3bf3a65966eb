// Who talks to whom, at the clock: processes, what leads and what is believed, and messages under way.
const SVG = "http://www.w3.org/2000/svg";
const net = document.getElementById("net");
const netRoom = { clients: 24, partitions: 12, messages: 150 };
let netWidth = 0;
let netNodes = null;
let netAt = NaN;

function svg(name, attributes, parent, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
}

// Partitions that moved come first; their squares stand in the brokers that lead and in the clients that believe.
const netPartitions = run.partitions.map((partition, ix) => ({ partition, ix, moves: partition.leaders.length }))
  .sort((a, b) => (b.moves > 1) - (a.moves > 1) || a.ix - b.ix).slice(0, netRoom.partitions).sort((a, b) => a.ix - b.ix);

function place(list, y, width, each, height, make) {
  const perRow = Math.max(1, Math.floor(width / each));
  const nodes = list.map((thing, i) => {
    const inRow = Math.min(perRow, list.length - Math.floor(i / perRow) * perRow);
    const x = width / 2 + (i % perRow - (inRow - 1) / 2) * (width / Math.max(inRow, 1) < each ? each : Math.min(width / inRow, each * 1.6));
    return make(thing, i, x, y + Math.floor(i / perRow) * height);
  });
  return [nodes, y + Math.ceil(list.length / perRow) * height];
}

function box(parent, x, y, w, h, title, kind) {
  const g = svg("g", { class: `node ${kind}` }, parent);
  const shape = svg("rect", { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 6 }, g);
  svg("title", {}, g, title);
  const text = svg("text", { x, y: y - h / 2 + 14, "text-anchor": "middle" }, g, title.length > Math.floor(w / 7) ? title.slice(0, Math.floor(w / 7) - 1) + "…" : title);
  const note = svg("text", { x, y: y + h / 2 - 5, "text-anchor": "middle", class: "note" }, g);
  const squares = netPartitions.map((_, i) => {
    const square = svg("rect", { x: x - 42 + (i % 6) * 14, y: y - h / 2 + 20 + Math.floor(i / 6) * 13, width: 11, height: 10, class: "square" }, g);
    return square;
  });
  return { x, y, w, h, shape, text, note, squares };
}

function buildTopology() {
  netWidth = net.clientWidth || 600;
  net.replaceChildren();
  const lines = svg("g", { class: "flows" }, net);
  const nodes = svg("g", {}, net);
  const messages = svg("g", { class: "messages" }, net);
  const width = Math.min(112, netWidth / 2 - 8);
  const [controllers, a] = place(run.controllers, 36, netWidth, width + 10, 62, (c, i, x, y) => box(nodes, x, y, width, 40, `controller ${c.id}`, "controller"));
  const [brokers, b] = place(run.brokers.slice(0, 60), a + 52, netWidth, width + 10, 100, (c, i, x, y) => box(nodes, x, y, width, 68, `broker ${c.id}`, "broker"));
  const [clients, c] = place(run.clients.slice(0, netRoom.clients), b + 52, netWidth, width + 10, 92, (c, i, x, y) => box(nodes, x, y, width, 68, c.members > 1 ? `${c.name} ×${c.members}` : c.name, "client"));
  net.setAttribute("viewBox", `0 0 ${netWidth} ${c}`);
  net.setAttribute("height", c);
  const flows = run.flows.filter((flow) => clients[flow.client] && brokers[flow.broker]).map((flow) => {
    const [from, to] = [clients[flow.client], brokers[flow.broker]];
    return { flow, line: svg("line", { x1: from.x, y1: from.y - from.h / 2, x2: to.x, y2: to.y + to.h / 2 }, lines) };
  });
  netNodes = { controllers, brokers, clients, flows, messages };
  netAt = NaN;
}

function paint(square, colour, kind) {
  square.style.fill = colour;
  square.setAttribute("data-state", kind);
}

function drawTopology() {
  if (!netNodes || Math.abs((net.clientWidth || 600) - netWidth) > 1) buildTopology();
  const at = clock.at;
  if (at === netAt) return;
  netAt = at;
  run.controllers.forEach((controller, i) => {
    const node = netNodes.controllers[i];
    const active = controller.active.some(([span]) => covers(span, at));
    const state = during(controller.down, at) ? "down" : during(controller.paused, at) ? "paused" : active ? "active" : "";
    node.shape.parentNode.setAttribute("data-state", state);
    node.note.textContent = during(controller.cut, at) ? `${state} cut off` : state;
  });
  netNodes.brokers.forEach((node, i) => {
    const broker = run.brokers[i];
    const state = during(broker.paused, at) ? "paused" : stateAt(broker, at);
    node.shape.parentNode.setAttribute("data-state", state === "running" ? "" : state === "not running" ? "down" : "busy");
    node.shape.style.stroke = colourOf(i);
    node.note.textContent = state === "running" ? (during(broker.cut, at) ? "cut off" : during(broker.fenced, at) ? "fenced" : "") : state.length > 18 ? `${state.slice(0, 17)}…` : state;
    netPartitions.forEach(({ partition }, p) => {
      const leads = heldAt(partition.leaders, at)?.broker === i;
      paint(node.squares[p], leads ? colourOf(i) : "transparent", leads ? isReady(partition, at) ? "" : "waiting" : "none");
    });
  });
  netNodes.clients.forEach((node, i) => {
    const client = run.clients[i];
    const n = staleCountAt(client, at);
    node.shape.parentNode.setAttribute("data-state", during(client.down, at) ? "down" : n > 0 ? "stale" : "");
    node.note.textContent = n > 0 ? `${count(n)} stale` : "";
    netPartitions.forEach(({ partition, ix }, p) => {
      const lane = client.beliefs.find((lane) => lane.partition === ix);
      const belief = lane && heldAt(lane.held, at);
      const wrong = belief && heldAt(partition.leaders, at)?.broker !== belief.broker;
      paint(node.squares[p], belief ? colourOf(belief.broker) : "transparent", belief ? wrong ? "stale" : "" : "none");
    });
  });
  const bucket = Math.floor((at - series.from) / run.flow_bucket);
  let most = 1;
  const amounts = netNodes.flows.map(({ flow }) => { const i = lastBefore(flow.sent, bucket, (s) => s[0]); const n = i >= 0 && flow.sent[i][0] === bucket ? flow.sent[i][1] : 0; most = Math.max(most, n); return n; });
  netNodes.flows.forEach(({ line }, i) => { line.style.strokeWidth = amounts[i] ? 1 + 4 * amounts[i] / most : 0.4; line.style.opacity = amounts[i] ? 0.7 : 0.25; });
  drawMessages(at);
}

// Messages are quicker than the eye: each is shown for as long as the clock takes for half a second, or as long as it was really under way.
function drawMessages(at) {
  netNodes.messages.replaceChildren();
  const trail = motionReduced.matches ? 0.25e6 * speedNow() : 0.5e6 * speedNow();
  const shown = Math.max(trail, 1);
  let room = netRoom.messages;
  const fly = (from, to, sent, arrived, kind, title) => {
    const until = Math.max(arrived, sent + shown);
    if (at < sent || at >= until || !from || !to || room-- <= 0) return;
    const part = motionReduced.matches ? 0.5 : (at - sent) / (until - sent);
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const g = svg("g", { class: `message ${kind}`, transform: `translate(${from.x + dx * part} ${from.y + dy * part})` }, netNodes.messages);
    svg("title", {}, g, title);
    if (kind === "stale") svg("path", { d: "M-5 -5L5 5M5 -5L-5 5" }, g);
    else if (kind === "ask" || kind === "told") svg("rect", { x: -4, y: -4, width: 8, height: 8 }, g);
    else if (kind === "image") svg("path", { d: "M0 -6L6 0L0 6L-6 0Z" }, g);
    else svg("circle", { r: 4 }, g);
  };
  const early = lastBefore(run.requests, at - Math.max(shown, 35e6), (r) => r.sent);
  for (let i = Math.max(0, early); i < run.requests.length && run.requests[i].sent <= at && room > 0; i++) {
    const request = run.requests[i];
    const [client, broker] = [netNodes.clients[request.client], netNodes.brokers[request.broker]];
    const kind = request.kind === "right" ? "right" : request.kind;
    fly(client, broker, request.sent, request.taken ?? request.ended ?? request.sent, kind, requestWords(request)[0]);
    if (request.answered !== null) fly(broker, client, request.answered, request.ended ?? request.answered, "answer", `answer: ${run.outcomes[request.outcome]}`);
  }
  const asked = lastBefore(run.refreshes, at - Math.max(shown, 35e6), (r) => r.sent);
  for (let i = Math.max(0, asked); i < run.refreshes.length && run.refreshes[i].sent <= at && room > 0; i++) {
    const refresh = run.refreshes[i];
    const [client, broker] = [netNodes.clients[refresh.client], netNodes.brokers[refresh.broker]];
    const half = refresh.ended === null ? refresh.sent : (refresh.sent + refresh.ended) / 2;
    fly(client, broker, refresh.sent, half, "ask", "metadata request");
    if (refresh.ended !== null && refresh.answer === "answered") fly(broker, client, half, refresh.ended, "told", "metadata answer");
  }
  const active = run.controllers.findIndex((controller) => controller.active.some(([span]) => covers(span, at)));
  run.brokers.forEach((broker, i) => {
    const image = broker.images[lastBefore(broker.images, at, (m) => m[0])];
    if (image) fly(netNodes.controllers[active], netNodes.brokers[i], Math.max(image[0] - shown / 2, run.from), image[0] + shown / 2, "image", `metadata up to offset ${image[1]}`);
  });
}
