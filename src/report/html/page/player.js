// The clock: play, pause, speed, and jumps to what matters.
const playButton = document.getElementById("play");
const speedSelect = document.getElementById("speed");
const speedNow = () => Number(speedSelect.value);
let before = 0;

function go(at) {
  clock.at = Math.min(Math.max(at, run.from), run.to);
  if (clock.at < view.from || clock.at > view.to) { const span = view.to - view.from; setView(clock.at - span / 2, clock.at + span / 2); }
  redraw();
}

function setPlaying(playing) {
  if (playing && clock.at >= run.to) clock.at = Math.max(run.from, 0);
  clock.playing = playing;
  playButton.textContent = playing ? "Pause" : "Play";
  playButton.setAttribute("aria-pressed", String(playing));
  // A screen reader is not told of every event that passes by, only of the one at which the clock stands.
  nowBox.setAttribute("aria-live", playing ? "off" : "polite");
  before = performance.now();
  if (playing) requestAnimationFrame(tick);
}

function tick(now) {
  if (!clock.playing) return;
  const passed = now - before;
  // Who wants little motion sees four pictures a second.
  if (!motionReduced.matches || passed >= 250) {
    before = now;
    clock.at = Math.min(run.to, clock.at + passed * 1000 * speedNow());
    const span = view.to - view.from;
    if (clock.at > view.to - span * 0.1 && view.to < run.to) setView(clock.at - span * 0.3, clock.at + span * 0.7);
    draw();
    if (clock.at >= run.to) setPlaying(false);
  }
  if (clock.playing) requestAnimationFrame(tick);
}

const nextOf = (list, atOf) => list.find((thing) => atOf(thing) > clock.at + 0.5);
const previousOf = (list, atOf) => { let found; for (const thing of list) { if (atOf(thing) >= clock.at - 0.5) break; found = thing; } return found; };
const jumpMove = (find) => { const move = find(run.moves, (m) => m.at); if (move) { go(move.at); sayMove(move); } else say("There is no further leader move."); };
const judged = [...stale].sort((a, b) => judgedAt(a) - judgedAt(b));
const jumpStale = (find) => { const request = find(judged, judgedAt); if (request) choose(request, true); else say(judged.length ? "There is no further stale request." : "No request met a stale leader in this run."); };
const say = (text) => showFacts("Nothing more", [text]);

function sayMove(move) {
  const lines = [`${run.names[move.partition]}: from ${brokerName(move.from)} to ${brokerName(move.to)}, epoch ${move.epoch} (${move.why})`];
  lines.push(`asked for at ${time(move.asked)}, decided after ${length(move.decided - move.asked)}, committed after ${length(move.at - move.asked)}`);
  if (move.to !== null) lines.push(move.ready === null ? "its new leader had not taken the role when the run ended" : `its new leader took the role ${length(move.ready - move.at)} after the commit`);
  const told = run.clients.flatMap((client) => client.stale.filter((s) => s.partition === move.partition && s.span[0] <= move.at && endOf(s.span) > move.at).map((s) => ({ name: client.name, s })));
  if (told.length) lines.push(`clients that were wrong afterwards: ${told.slice(0, 8).map(({ name, s }) => `${name} for ${s.span[1] === null ? "the rest of the run" : length(s.span[1] - move.at)}`).join(", ")}${told.length > 8 ? `, ${told.length - 8} more` : ""}`);
  showFacts("A leader moves", lines);
}

// The next move in slow motion: from its reason until the last client knows, in about twenty seconds.
function watchMove() {
  const move = nextOf(run.moves, (m) => m.at) ?? run.moves[0];
  if (!move) { say("No leader moved in this run."); return; }
  const together = run.moves.filter((m) => Math.abs(m.at - move.at) < 5e4);
  const names = new Set(together.map((m) => m.partition));
  const told = run.clients.flatMap((client) => client.stale.filter((s) => names.has(s.partition) && s.span[0] >= move.at - 5e4 && s.span[0] <= move.at + 5e4).map((s) => endOf(s.span)));
  const from = Math.min(...together.map((m) => Math.max(m.asked, m.at - 2e6)));
  const to = Math.min(Math.max(move.at + 5e4, ...together.map((m) => m.ready ?? m.at), ...told), move.at + 5e6);
  const room = (to - from) * 0.1 + 1000;
  clock.at = Math.max(run.from, from - room);
  setView(from - room, to + room);
  const wanted = (to - from + 2 * room) / 20e6;
  const speeds = [...speedSelect.options].map((option) => Number(option.value));
  speedSelect.value = String(speeds.reduce((best, speed) => Math.abs(Math.log(speed / wanted)) < Math.abs(Math.log(best / wanted)) ? speed : best));
  sayMove(move);
  setPlaying(true);
}
