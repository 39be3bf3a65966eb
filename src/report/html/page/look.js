// How things look: colours of the page's style sheet, and a colour and a pattern for each broker.
const motionReduced = matchMedia("(prefers-reduced-motion: reduce)");
const darkPreferred = matchMedia("(prefers-color-scheme: dark)");
let theme = {};

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(name).trim();
  theme = {
    ground: value("--ground"), raised: value("--raised"), ink: value("--ink"), muted: value("--muted"), grid: value("--grid"),
    nobody: value("--nobody"), accent: value("--accent"), bad: value("--bad"), clock: value("--clock"),
    series: Array.from({ length: 7 }, (_, i) => value(`--broker-${i}`)),
    unit: parseFloat(style.fontSize) / 16,
  };
  patterns.clear();
}

const patterns = new Map();
const px = (n) => n * theme.unit;

// Patterns are drawn once and repeated: hatched for what is stale, dotted for what is not there, barred for what is paused.
function pattern(kind, colour) {
  const key = kind + colour;
  if (patterns.has(key)) return patterns.get(key);
  const tile = document.createElement("canvas");
  const size = kind === "hatch" ? 8 : 6;
  tile.width = tile.height = size;
  const ctx = tile.getContext("2d");
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = kind === "hatch" ? 2 : 1.2;
  ctx.beginPath();
  if (kind === "hatch") { ctx.moveTo(-2, 2); ctx.lineTo(2, -2); ctx.moveTo(0, 8); ctx.lineTo(8, 0); ctx.moveTo(6, 10); ctx.lineTo(10, 6); }
  if (kind === "back") { ctx.moveTo(0, 0); ctx.lineTo(6, 6); ctx.moveTo(-1, 5); ctx.lineTo(1, 7); ctx.moveTo(5, -1); ctx.lineTo(7, 1); }
  if (kind === "bars") { ctx.moveTo(3, 0); ctx.lineTo(3, 6); }
  if (kind === "cross") { ctx.moveTo(0, 3); ctx.lineTo(6, 3); ctx.moveTo(3, 0); ctx.lineTo(3, 6); }
  ctx.stroke();
  if (kind === "dots" || kind === "specks") { ctx.fillRect(2, 2, 2, 2); }
  const made = ctx.createPattern(tile, "repeat");
  patterns.set(key, made);
  return made;
}

const colourOf = (broker) => broker === null || broker === undefined ? theme.nobody : theme.series[broker % theme.series.length];
// Brokers beyond the palette share its colours and differ by a pattern.
const patternOf = (broker) => broker === null ? "dots" : [null, "bars", "specks", "back"][Math.floor(broker / theme.series.length) % 4];

// Black or white, whichever can be read on a colour.
function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16) / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#111111" : "#ffffff";
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value); else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
