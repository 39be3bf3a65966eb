// The run: what was recorded, and where things lie in it. Moments are microseconds from the moment from which the scenario counts.
const run = JSON.parse(document.getElementById("data").textContent);
const firstCounted = 0;

// The last place in a sorted list whose `key` is not beyond `at`; -1 when there is none.
function lastBefore(list, at, key) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(list[middle]) <= at) low = middle + 1; else high = middle;
  }
  return low - 1;
}

const endOf = (span) => span[1] === null ? run.to : span[1];
const covers = (span, at) => span[0] <= at && at < endOf(span);
const during = (spans, at) => spans.some((span) => covers(span, at));

// A moment, or a length, as a person writes it; `fine` is the shortest length that matters.
function time(us, fine = 1000) {
  const sign = us < 0 ? "−" : "";
  const abs = Math.abs(us);
  const digits = fine >= 1e6 ? 0 : fine >= 1e5 ? 1 : fine >= 1e4 ? 2 : fine >= 1e3 ? 3 : fine >= 100 ? 4 : 6;
  const whole = Math.floor(abs / 60e6);
  const seconds = (abs / 1e6 - whole * 60).toFixed(digits);
  if (whole >= 60) return `${sign}${Math.floor(whole / 60)} h ${whole % 60} min ${seconds} s`;
  return whole > 0 ? `${sign}${whole} min ${seconds} s` : `${sign}${seconds} s`;
}

function length(us) {
  const abs = Math.abs(us);
  if (abs < 1e3) return `${abs} µs`;
  if (abs < 1e6) return `${(abs / 1e3).toFixed(abs < 1e4 ? 2 : abs < 1e5 ? 1 : 0)} ms`;
  if (abs < 60e6) return `${(abs / 1e6).toFixed(abs < 1e7 ? 2 : 1)} s`;
  return `${Math.floor(abs / 60e6)} min ${Math.round((abs % 60e6) / 1e6)} s`;
}

const count = (n) => n.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const brokerName = (ix) => ix === null || ix === undefined ? "nobody" : `broker ${run.brokers[ix].id}`;

// Per partition name: its moves; per client: its requests and refreshes, in the order of time.
const movesOf = new Map();
for (const move of run.moves) {
  if (!movesOf.has(move.partition)) movesOf.set(move.partition, []);
  movesOf.get(move.partition).push(move);
}
const nameOf = new Map(run.names.map((name, place) => [name, place]));
const requestsOf = run.clients.map(() => []);
run.requests.forEach((request, place) => { request.place = place; requestsOf[request.client].push(request); });
const refreshesOf = run.clients.map(() => []);
run.refreshes.forEach((refresh) => refreshesOf[refresh.client].push(refresh));
const wrong = run.requests.filter((request) => request.kind !== "right");
const stale = run.requests.filter((request) => request.kind === "stale");
const judgedAt = (request) => request.taken ?? request.ended ?? request.sent;

// What a lane of leaders or beliefs says at a moment.
const heldAt = (list, at) => list[lastBefore(list, at, (held) => held.at)];
const stateAt = (broker, at) => { const i = lastBefore(broker.states, at, (s) => s[0]); return i < 0 ? "not running" : broker.states[i][1]; };
const inSyncAt = (partition, at) => partition.in_sync[lastBefore(partition.in_sync, at, (s) => s[0])];
const staleCountAt = (client, at) => { const i = lastBefore(client.stale_count, at, (s) => s[0]); return i < 0 ? 0 : client.stale_count[i][1]; };

// The leader by committed metadata has taken its role.
function isReady(partition, at) {
  const leader = heldAt(partition.leaders, at);
  if (!leader || leader.broker === null) return true;
  return partition.ready.some(([when, broker]) => broker === leader.broker && when <= at && (when >= leader.at || leader.why === ""));
}
