// Tables are sorted by the names of their columns: up, down, and as they were.
const said = document.getElementById("said");
const UNITS = { ms: 1, s: 1e3, min: 6e4, h: 3.6e6, KB: 1e3, MB: 1e6, GB: 1e9 };
// As settings are written: `10s`, `5m`.
const SHORT_UNITS = { ns: 1e-6, us: 1e-3, "µs": 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7 };
const NOTHING = new Set(["", "none", "not seen", "as it is"]);

const plain = (digits) => parseFloat(digits.replaceAll(",", ""));

// The number that a cell leads with, in the least of its units: of `2 min 5 s (1 min to 3 min)` 125,000; null where it leads with words.
function leading(text) {
  const setting = text.match(/^(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)$/);
  if (setting) return parseFloat(setting[1]) * SHORT_UNITS[setting[2]];
  const found = text.match(/^(below |above )?([+\-−]?)(below )?(\d[\d,]*(?:\.\d+)?)(?: (ms|s|min|h|KB|MB|GB)(?![\w]))?(?: (\d+) (s|min)(?![\w]))?/);
  if (!found) return null;
  const [, bound, sign, below, digits, unit, more, smaller] = found;
  const size = plain(digits) * (UNITS[unit] ?? 1) + (more && (unit === "min" || unit === "h") ? plain(more) * UNITS[smaller] : 0);
  // What is below the last digit comes before it.
  const near = size * (bound === "below " || below ? 0.999 : bound === "above " ? 1.001 : 1);
  return sign === "" || sign === "+" ? near : -near;
}

function order(rows, column) {
  const cells = rows.map((row) => row.cells[column].textContent.trim());
  const numbers = cells.map(leading);
  const known = cells.map((cell) => !NOTHING.has(cell));
  const numeric = numbers.some((n) => n !== null) && numbers.every((n, i) => n !== null || !known[i]);
  const compare = (a, b) => numeric ? numbers[a] - numbers[b] : cells[a].localeCompare(cells[b], "en", { numeric: true });
  return { known, compare };
}

// What nobody measured stays at the end, whichever way.
function sorted(rows, column, way) {
  const { known, compare } = order(rows, column);
  const places = rows.map((_, i) => i);
  places.sort((a, b) => known[b] - known[a] || (known[a] ? way * compare(a, b) : 0) || a - b);
  return places.map((i) => rows[i]);
}

for (const table of document.querySelectorAll("main table")) {
  const asItWas = [...table.tBodies[0].rows];
  if (asItWas.length < 2) continue;
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const name = head.textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const next = { ascending: "descending", descending: null }[head.getAttribute("aria-sort")];
      const way = next === undefined ? "ascending" : next;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (way) head.setAttribute("aria-sort", way);
      table.tBodies[0].append(...(way ? sorted(asItWas, column, way === "ascending" ? 1 : -1) : asItWas));
      said.textContent = way ? `Sorted by ${name}, ${way}.` : "In the order of the answer.";
    });
  });
}
