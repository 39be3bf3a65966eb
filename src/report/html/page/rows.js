// The lanes: what rows there are, how each is drawn, and what it says at a moment.
const expanded = new Set();
let rows = [];

function heading(label) {
  return { label, title: true, height: 24, draw() {}, says: () => [] };
}

function buildRows() {
  rows = [faultRow(), heading("Controllers"), ...run.controllers.map(controllerRow), heading("Brokers"), ...run.brokers.map(brokerRow)];
  rows.push(heading("Partitions: who leads in truth"), ...run.partitions.map(partitionRow), ...run.groups.map(groupRow));
  rows.push(heading("Clients: whom each believes to lead"));
  run.clients.forEach((client, ix) => {
    rows.push(clientRow(client, ix));
    if (expanded.has(ix)) client.beliefs.forEach((lane) => rows.push(beliefRow(client, ix, lane)));
  });
  let y = 0;
  for (const row of rows) { row.y = y; row.h = px(row.height); y += row.h; }
  return y;
}

// Segments of a list of changes, each until the next.
function* segments(list, atOf) {
  const first = Math.max(0, lastBefore(list, view.from, atOf));
  for (let i = first; i < list.length && atOf(list[i]) <= view.to; i++) {
    yield [list[i], atOf(list[i]), i + 1 < list.length ? atOf(list[i + 1]) : run.to];
  }
}

// A segment in a broker's colour, with its `node.id` where there is room.
function brokerBar(ctx, from, to, y, height, broker, words, waitsUntil) {
  const place = bar(ctx, from, to, y, height, colourOf(broker));
  if (!place) return;
  if (waitsUntil > from) bar(ctx, from, waitsUntil, y, height, pattern("cross", inkOn(colourOf(broker)) + "99"));
  const kind = patternOf(broker);
  if (kind) bar(ctx, from, to, y, height, pattern(kind, inkOn(colourOf(broker)) === "#ffffff" ? "#ffffff66" : "#00000055"));
  if (place[1] > px(14) && height >= px(11)) {
    const label = broker === null || broker === undefined ? "none" : String(run.brokers[broker].id);
    ctx.fillStyle = inkOn(colourOf(broker));
    ctx.fillText(fitted(ctx, place[1] > px(90) && words ? `${label} ${words}` : label, place[1] - px(5)), place[0] + px(3), y + height / 2 + 0.5);
  }
}

function faultRow() {
  return {
    label: "Faults", height: 22,
    draw(ctx, y, h) {
      let taken = -1e9;
      for (const fault of run.faults) {
        const x = xOf(fault.at);
        if (x < view.gutter - 1 || x > view.width) continue;
        ctx.fillStyle = theme.bad;
        ctx.beginPath(); ctx.moveTo(x, y + h); ctx.lineTo(x - px(5), y + h - px(9)); ctx.lineTo(x + px(5), y + h - px(9)); ctx.fill();
        if (x < taken) continue;
        const next = run.faults.find((other) => other.at > fault.at && xOf(other.at) > x + px(10));
        const room = (next ? Math.min(view.width, xOf(next.at)) : view.width) - x - px(16);
        const text = room > px(24) ? fitted(ctx, fault.text, room) : "";
        ctx.fillStyle = theme.ink;
        ctx.fillText(text, x + px(8), y + h / 2);
        taken = x + px(8) + ctx.measureText(text).width;
      }
    },
    says: (at, near) => run.faults.filter((fault) => Math.abs(fault.at - at) < near).map((fault) => `${time(fault.at)}: ${fault.text}`),
  };
}

function overlays(ctx, thing, y, h) {
  for (const span of thing.paused) {
    const place = bar(ctx, span[0], endOf(span), y, h, theme.ground);
    bar(ctx, span[0], endOf(span), y, h, pattern("bars", theme.muted));
    if (place && place[1] > px(50)) chip(ctx, "paused", place[0] + px(3), y + h / 2);
  }
  for (const span of thing.cut) {
    const place = bar(ctx, span[0], endOf(span), y + h - px(5), px(5), theme.bad);
    if (place && place[1] > px(50)) chip(ctx, "cut off from some", place[0] + px(3), y + h / 2);
  }
}

function chip(ctx, text, x, y) {
  const width = ctx.measureText(text).width + px(6);
  ctx.fillStyle = theme.ground;
  ctx.fillRect(x, y - px(7), width, px(14));
  ctx.fillStyle = theme.ink;
  ctx.fillText(text, x + px(3), y + 0.5);
}

function controllerRow(controller) {
  return {
    label: `controller ${controller.id}`, height: 20,
    draw(ctx, y, h) {
      bar(ctx, run.from, run.to, y + h / 2 - px(1), px(2), theme.grid);
      for (const span of controller.down) { bar(ctx, span[0], endOf(span), y + px(3), h - px(6), theme.ground); bar(ctx, span[0], endOf(span), y + px(3), h - px(6), pattern("dots", theme.muted)); }
      for (const [span, epoch] of controller.active) {
        const place = bar(ctx, span[0], endOf(span), y + px(3), h - px(6), theme.ink);
        if (place && place[1] > px(40)) { ctx.fillStyle = theme.ground; ctx.fillText(fitted(ctx, `active, epoch ${epoch}`, place[1] - px(6)), place[0] + px(3), y + h / 2 + 0.5); }
      }
      overlays(ctx, controller, y + px(3), h - px(6));
    },
    says(at) {
      const active = controller.active.find(([span]) => covers(span, at));
      const what = [active ? `the active controller, epoch ${active[1]}` : "not the active controller"];
      if (during(controller.down, at)) what.push("its process is not there");
      if (during(controller.paused, at)) what.push("paused");
      if (during(controller.cut, at)) what.push("cut off from some");
      return [`controller ${controller.id}: ${what.join(", ")}`];
    },
  };
}

function brokerRow(broker, ix) {
  return {
    label: `broker ${broker.id}`, swatch: ix, height: 20,
    draw(ctx, y, h) {
      for (const [state, from, to] of segments(broker.states, (s) => s[0])) {
        if (state[1] === "running") { brokerBar(ctx, from, to, y + px(3), h - px(6), ix); continue; }
        const place = bar(ctx, from, to, y + px(3), h - px(6), theme.raised);
        if (state[1] === "not running") bar(ctx, from, to, y + px(3), h - px(6), pattern("dots", theme.muted));
        if (place && place[1] > px(40)) chip(ctx, fitted(ctx, state[1], place[1] - px(10)), place[0] + px(2), y + h / 2);
      }
      for (const span of broker.fenced) bar(ctx, span[0], endOf(span), y + px(1), px(2), theme.ink);
      overlays(ctx, broker, y + px(3), h - px(6));
    },
    says(at) {
      const what = [stateAt(broker, at)];
      if (during(broker.fenced, at)) what.push("fenced by committed metadata");
      if (during(broker.paused, at)) what.push("paused");
      if (during(broker.cut, at)) what.push("cut off from some");
      const image = broker.images[lastBefore(broker.images, at, (i) => i[0])];
      if (image) what.push(`its metadata cache stands at offset ${image[1]}`);
      const led = run.partitions.filter((partition) => heldAt(partition.leaders, at)?.broker === ix).length;
      if (run.partitions.length) what.push(`leads ${led} of the ${run.partitions.length} partitions shown`);
      return [`broker ${broker.id}${broker.rack ? ` (rack ${broker.rack})` : ""}: ${what.join(", ")}`];
    },
  };
}

function partitionRow(partition) {
  return {
    label: partition.name, height: 18, partition,
    draw(ctx, y, h) {
      for (const [leader, from, to] of segments(partition.leaders, (l) => l.at)) {
        const ready = partition.ready.find(([when, broker]) => broker === leader.broker && when >= leader.at);
        const waits = leader.why === "" || leader.broker === null ? from : Math.min(to, ready ? ready[0] : to);
        brokerBar(ctx, from, to, y + px(2), h - px(6), leader.broker, `epoch ${leader.epoch}`, waits);
      }
      for (const [sync, from, to] of segments(partition.in_sync, (s) => s[0])) {
        if (sync[1] < sync[2]) bar(ctx, from, to, y + h - px(4), px(2), theme.ink);
      }
    },
    says(at) {
      const leader = heldAt(partition.leaders, at);
      if (!leader) return [`${partition.name} does not exist yet`];
      const sync = inSyncAt(partition, at);
      const lines = [`${partition.name}: ${leader.broker === null ? "nobody leads" : `${brokerName(leader.broker)} leads`}, epoch ${leader.epoch}, since ${time(leader.at)}${leader.why ? ` (${leader.why})` : ""}`];
      if (!isReady(partition, at)) lines.push("that broker has not yet taken the role");
      if (sync) lines.push(`${sync[1]} of ${sync[2]} replicas are in sync`);
      return lines;
    },
  };
}

function groupRow(group) {
  return {
    label: `${group.name} (${count(group.partitions)} partitions)`, height: 36,
    draw(ctx, y, h) {
      const inner = h - px(6);
      for (const [step, from, to] of segments(group.leaders, (l) => l[0])) {
        let top = y + px(3);
        const all = step[1].reduce((a, b) => a + b, 0) || 1;
        step[1].forEach((n, broker) => {
          if (n === 0) return;
          const part = inner * n / all;
          brokerBar(ctx, from, to, top, part, broker < run.brokers.length ? broker : null, `leads ${count(n)}`);
          top += part;
        });
      }
    },
    says(at) {
      const step = group.leaders[lastBefore(group.leaders, at, (l) => l[0])];
      if (!step) return [`${group.name}: not there yet`];
      const parts = step[1].map((n, broker) => [n, broker < run.brokers.length ? brokerName(broker) : "nobody"]).filter(([n]) => n > 0);
      parts.sort((a, b) => b[0] - a[0]);
      const shown = parts.slice(0, 6).map(([n, who]) => `${who} leads ${count(n)}`);
      if (parts.length > 6) shown.push(`${parts.length - 6} more brokers`);
      return [`${group.name}, ${count(group.partitions)} partitions: ${shown.join(", ")}`];
    },
  };
}

// What is hatched: the client has not been told of a committed move.
function staleBars(ctx, client, name, y, h) {
  let last = -1;
  for (const window of client.stale) {
    if (name !== undefined && window.partition !== name) continue;
    const [from, to] = [window.span[0], endOf(window.span)];
    if (to < view.from || from > view.to) continue;
    const x = Math.round(xOf(to));
    if (name === undefined && x === last && (to - from) < perPixel()) continue;
    last = x;
    const place = bar(ctx, from, to, y, h, "#00000000");
    if (!place) continue;
    const [left, width] = [place[0], Math.max(2, place[1])];
    ctx.fillStyle = pattern("hatch", theme.ground); ctx.fillRect(left, y, width, h);
    ctx.strokeStyle = theme.ink; ctx.lineWidth = 1.5; ctx.strokeRect(left + 0.5, y + 0.5, Math.max(1, width - 1), h - 1);
  }
}

// Signs of requests: told apart by their shape, not by colour alone.
function sign(ctx, kind, x, y) {
  const r = px(kind === "right" ? 2 : 4);
  // On a bar a sign needs a ground of its own.
  if (kind !== "right") { ctx.fillStyle = theme.ground; ctx.beginPath(); ctx.arc(x, y, r + px(2.5), 0, 7); ctx.fill(); }
  ctx.lineWidth = px(2);
  ctx.strokeStyle = ctx.fillStyle = kind === "right" ? theme.muted : theme.bad;
  ctx.beginPath();
  if (kind === "stale") { ctx.moveTo(x - r, y - r); ctx.lineTo(x + r, y + r); ctx.moveTo(x + r, y - r); ctx.lineTo(x - r, y + r); ctx.stroke(); }
  if (kind === "overtaken") { ctx.moveTo(x, y - r); ctx.lineTo(x + r, y); ctx.lineTo(x, y + r); ctx.lineTo(x - r, y); ctx.closePath(); ctx.stroke(); }
  if (kind === "leaderless") { ctx.arc(x, y, r, 0, 7); ctx.stroke(); }
  if (kind === "right") { ctx.arc(x, y, r, 0, 7); ctx.fill(); }
}

function signs(ctx, ix, y, name) {
  const list = requestsOf[ix];
  const seen = new Set();
  for (let i = Math.max(0, lastBefore(list, view.from - 60e6, (r) => r.sent)); i < list.length; i++) {
    const request = list[i];
    if (request.sent > view.to) break;
    if (name !== undefined && request.partition !== name) continue;
    const x = xOf(judgedAt(request));
    if (x < view.gutter || x > view.width) continue;
    const key = Math.round(x / 2) * 4 + ["right", "stale", "overtaken", "leaderless"].indexOf(request.kind);
    if (seen.has(key) && request.place !== chosen.request) continue;
    seen.add(key);
    sign(ctx, request.kind, x, y);
    if (request.place === chosen.request) {
      document.documentElement.dataset.sign = `${x} ${y}`;
      ctx.strokeStyle = theme.accent; ctx.lineWidth = px(2); ctx.beginPath(); ctx.arc(x, y, px(8), 0, 7); ctx.stroke();
    }
  }
}

function refreshMarks(ctx, ix, y) {
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = px(1.5);
  let last = -1;
  for (const refresh of refreshesOf[ix]) {
    const [x, end] = [xOf(refresh.sent), xOf(refresh.ended ?? run.to)];
    if (end < view.gutter || x > view.width || x < view.gutter || Math.round(end) === last) continue;
    last = Math.round(end);
    ctx.strokeRect(x - px(2), y - px(2), px(4), px(4));
    ctx.beginPath(); ctx.moveTo(x + px(2), y); ctx.lineTo(Math.min(view.width, Math.max(end, x + px(2))), y); ctx.stroke();
  }
}

const strips = 16;
function clientRow(client, ix) {
  const few = client.beliefs.length > 0 && client.beliefs.length <= strips;
  const height = few ? Math.max(12, client.beliefs.length * 6) + 30 : 48;
  const label = client.members > 1 ? `${client.name} (${count(client.members)} clients)` : client.name;
  return {
    label, height, client: ix, opens: client.beliefs.length > 0,
    draw(ctx, y, h) {
      const top = y + px(4);
      if (few) {
        const one = (h - px(30)) / client.beliefs.length;
        client.beliefs.forEach((lane, i) => {
          for (const [belief, from, to] of segments(lane.held, (b) => b.at)) brokerBar(ctx, from, to, top + i * one, one - 0.5, belief.broker);
          staleBars(ctx, client, nameOf.get(run.partitions[lane.partition].name) ?? -1, top + i * one, one - 0.5);
        });
      } else {
        const most = Math.max(1, ...client.stale_count.map((step) => step[1]));
        for (const [step, from, to] of segments(client.stale_count, (s) => s[0])) {
          const part = (h - px(30)) * step[1] / most;
          if (step[1] > 0) bar(ctx, from, to, top + h - px(30) - part, Math.max(2, part), theme.bad);
        }
        bar(ctx, run.from, run.to, top + h - px(30), 1, theme.grid);
      }
      for (const span of client.down) { bar(ctx, span[0], endOf(span), top, h - px(8), theme.ground); bar(ctx, span[0], endOf(span), top, h - px(8), pattern("dots", theme.muted)); }
      signs(ctx, ix, y + h - px(16));
      refreshMarks(ctx, ix, y + h - px(5));
    },
    says(at, near) {
      const lines = [`${label}: ${client.profile} ${client.role}`];
      const n = staleCountAt(client, at);
      lines.push(n === 0 ? "believes nothing that is stale" : `has not been told of the move of ${count(n)} partition${n === 1 ? "" : "s"}`);
      if (during(client.down, at)) lines.push("its process is not there");
      const refresh = refreshesOf[ix].find((r) => r.sent <= at + near && at - near < (r.ended ?? r.sent));
      if (refresh) lines.push(`asks ${brokerName(refresh.broker)} for metadata at ${time(refresh.sent)}: ${refresh.answer}${refresh.ended ? ` after ${length(refresh.ended - refresh.sent)}` : ""}`);
      if (client.beliefs.length && !expanded.has(ix)) lines.push("click its name to see each partition");
      return lines;
    },
  };
}

function beliefRow(client, ix, lane) {
  const partition = run.partitions[lane.partition];
  const name = nameOf.get(partition.name) ?? -1;
  return {
    label: partition.name, inner: true, height: 20, client: ix, name,
    draw(ctx, y, h) {
      for (const [belief, from, to] of segments(lane.held, (b) => b.at)) brokerBar(ctx, from, to, y + px(2), h - px(4), belief.broker, `epoch ${belief.epoch}`);
      staleBars(ctx, client, name, y + px(2), h - px(4));
      signs(ctx, ix, y + h / 2, name);
    },
    says(at) {
      const belief = heldAt(lane.held, at);
      const leader = heldAt(partition.leaders, at);
      if (!belief) return [`${client.name} knows nothing of ${partition.name} yet`];
      const lines = [`${client.name} believes since ${time(belief.at)} that ${brokerName(belief.broker)} leads ${partition.name} (epoch ${belief.epoch}), ${run.steps[belief.told].text}`];
      lines.push(leader && leader.broker === belief.broker ? "that is true" : `in truth ${brokerName(leader?.broker)} leads`);
      return lines;
    },
  };
}
