// Words: what happens at the clock, the facts of a place, the path of a request, and the lists.
const nowBox = document.getElementById("now");
const factsBox = document.getElementById("facts-body");
const tip = document.getElementById("tip");
const clockText = document.getElementById("clock");
const slider = document.getElementById("slider");
let told = -2;

function drawReadings() {
  clockText.textContent = time(clock.at, Math.min(1e4, Math.max(1, perPixel())));
  slider.value = String(Math.round((clock.at - run.from) / (run.to - run.from) * 1000));
  slider.setAttribute("aria-valuetext", time(clock.at));
  const i = lastBefore(run.events, clock.at, (event) => event.at);
  if (i === told) return;
  told = i;
  const event = run.events[i];
  nowBox.textContent = event ? `${time(event.at)}: ${event.text}` : "Nothing has happened yet.";
}

function showFacts(title, lines) {
  factsBox.replaceChildren(element("h3", {}, title), ...lines.map((text) => element("p", {}, text)));
}

// A request's causal path: what led to it and what came of it.
function choose(request, look) {
  chosen.request = request.place;
  const lines = requestWords(request);
  const title = request.kind === "stale" ? "A stale request, and how it came to be" : "A request";
  factsBox.replaceChildren(element("h3", {}, title), ...lines.map((text) => element("p", {}, text)));
  if (request.path.length) {
    const steps = request.path.map((place) => {
      const step = run.steps[place];
      return element("li", {}, element("button", { type: "button", class: "step", onclick: () => go(step.at) }, element("span", { class: "when" }, time(step.at, 100)), element("span", {}, step.text)));
    });
    factsBox.append(element("ol", { class: "path", "aria-label": "Causal path" }, ...steps), element("button", { type: "button", onclick: () => lookAt(request) }, "Zoom to this path"));
  } else if (request.kind === "overtaken") {
    factsBox.append(element("p", {}, "It asked the true leader, and waited there while the leader moved."));
  }
  const row = rows.findIndex((row) => row.client === request.client);
  if (row >= 0) { chosen.row = row; reveal(rows[row]); }
  if (look) { lookAt(request); document.getElementById("board").scrollIntoView({ block: "nearest", behavior: motionReduced.matches ? "auto" : "smooth" }); }
  redraw();
}

function lookAt(request) {
  const moments = request.path.map((place) => run.steps[place].at).filter((at) => at > request.sent - 3e6 && at < (request.ended ?? request.sent) + 3e6);
  const [from, to] = [Math.min(request.sent, ...moments), Math.max(request.ended ?? request.sent, ...moments)];
  const room = Math.max((to - from) * 0.15, 2000);
  clock.at = judgedAt(request);
  setView(from - room, to + room);
}

function reveal(row) {
  if (row.y < lanesBox.scrollTop) lanesBox.scrollTop = row.y;
  else if (row.y + row.h > lanesBox.scrollTop + lanesBox.clientHeight) lanesBox.scrollTop = row.y + row.h - lanesBox.clientHeight;
}

// Lists that grow as they are asked for, so that a page of many events opens at once.
function list(box, items, make, empty) {
  const page = 100;
  let shown = 0;
  const more = element("button", { type: "button" }, "Show more");
  const grow = () => {
    const next = items.slice(shown, shown + page);
    box.append(...next.map(make));
    shown += next.length;
    more.hidden = shown >= items.length;
    more.textContent = `Show more (${count(items.length - shown)} left)`;
  };
  box.replaceChildren();
  if (items.length === 0) { box.append(element("li", {}, empty)); more.hidden = true; } else grow();
  more.addEventListener("click", grow);
  return more;
}

function entry(at, text, act) {
  return element("li", {}, element("button", { type: "button", class: "step", onclick: act }, element("span", { class: "when" }, time(at)), element("span", {}, text)));
}

function fillStory() {
  const topics = { fault: "Faults", controller: "Controllers", broker: "Processes and brokers", move: "Leader moves", role: "Roles taken", replication: "Replication", belief: "Beliefs", refresh: "Metadata refreshes", connection: "Connections", stale: "Stale requests", group: "Consumer groups" };
  const there = new Set(run.events.map((event) => event.topic));
  const select = document.getElementById("topic");
  select.append(element("option", { value: "main" }, "The main events"), element("option", { value: "all" }, "All events"));
  for (const [key, name] of Object.entries(topics)) if (there.has(key)) select.append(element("option", { value: key }, name));
  const box = document.getElementById("events");
  const main = new Set(["fault", "controller", "broker", "move", "stale"]);
  const fill = () => {
    box.parentNode.querySelector(":scope > button")?.remove();
    const items = run.events.filter((event) => select.value === "all" || (select.value === "main" ? main.has(event.topic) && event.at >= firstCounted : event.topic === select.value));
    box.after(list(box, items, (event) => entry(event.at, event.text, () => go(event.at)), "Nothing of this kind happened."));
  };
  select.addEventListener("change", fill);
  fill();
  const requests = document.getElementById("wrong");
  const words = (request) => `${request.kind}: ${request.member ?? run.clients[request.client].name} asked ${brokerName(request.broker)} for ${run.names[request.partition]}: ${run.outcomes[request.outcome]}${request.cause === undefined || request.cause === null ? "" : ` (${run.causes[request.cause]})`}`;
  requests.after(list(requests, wrong, (request) => entry(judgedAt(request), words(request), () => choose(request, true)), "No request met a stale leader, was overtaken by a move, or found no leader."));
}
