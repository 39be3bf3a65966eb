"""The HTML report of a study in a real browser: it opens without an error and without the network, its tables are sorted by keyboard as their
numbers say, its commands can be copied, its pictures can be read in the light, in the dark, on a phone and at 400 % zoom.

    python3 tests/browser/study.py REPORT.html [--runs] [--pictures DIRECTORY]
"""

import argparse
import os
import re

from chromium import Page
from report import check, keyboard_reaches, nameless

# Megabytes that the file may have.
LARGEST = 2.0
# CSS pixels below which no text of a picture may come.
SMALLEST_TEXT = 8.0

LOOKS = [
    ("wide", {}),
    ("dark", {"dark": True}),
    ("phone", {"width": 390, "height": 844, "scale": 2, "touch": True}),
    ("zoomed", {"width": 320, "height": 225, "scale": 4}),
    ("still", {"still": True}),
]

# Of each picture: whether it is drawn, what it says of itself, and how large its smallest text is.
PICTURES = """[...document.querySelectorAll('figure svg')].map((svg) => {
  const box = svg.getBoundingClientRect();
  const scale = box.width / svg.viewBox.baseVal.width;
  const texts = [...svg.querySelectorAll('text')].map((text) => parseFloat(text.getAttribute('font-size')) * scale);
  return { drawn: box.width > 100 && box.height > 50, title: svg.querySelector('title').textContent, about: svg.querySelector('desc').textContent, smallest: Math.min(...texts) };
})"""

# The cells of each column of each table that can be sorted, after its button was pressed.
SORTED = """[...document.querySelectorAll('main table')].flatMap((table) => [...table.querySelectorAll('th button')].map((button, column) => {
  button.click();
  const heads = [...table.tHead.rows[0].cells];
  const cells = [...table.tBodies[0].rows].map((row) => row.cells[column].textContent.trim());
  return { name: heads[column].innerText, sort: heads[column].getAttribute('aria-sort'), numbers: heads[column].className === 'n', cells };
}))"""

UNITS = {"ms": 1, "s": 1e3, "min": 6e4, "h": 3.6e6, "KB": 1e3, "MB": 1e6, "GB": 1e9}


def number(cell):
    """What a person reads a cell as; None where it leads with words."""
    found = re.match(r"^(?:below )?([+-]?)(?:below )?([\d,]+(?:\.\d+)?)(?: (ms|s|min|h|KB|MB|GB)\b)?(?: (\d+) (s|min)\b)?", cell)
    if not found:
        return None
    sign, digits, unit, more, smaller = found.groups()
    size = float(digits.replace(",", "")) * UNITS.get(unit, 1)
    if more and unit in ("min", "h"):
        size += float(more) * UNITS[smaller]
    return -size if sign == "-" else size


def in_order(column):
    """Whether numbers rise, and what was not measured stands at the end."""
    if not column["numbers"]:
        return True
    numbers = [number(cell) for cell in column["cells"]]
    measured = [n for n in numbers if n is not None]
    words = [cell for cell, n in zip(column["cells"], numbers) if n is None and cell not in ("", "none", "not seen")]
    if words:
        return True
    return measured == sorted(measured) and numbers[: len(measured)] == measured


def press(page, key, code):
    """A key with what the browser itself does for it."""
    text = {"text": "\r"} if key == "Enter" else {}
    page.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **text)
    page.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)


def by_keyboard(page):
    """Walks through the page with Tab alone, and gives what it came by; sorts by the first button of a table that it comes by."""
    page.run("document.body.tabIndex = -1; document.body.focus()")
    came_by, done = {"links": 0, "pictures": 0, "tables": 0, "commands": 0, "sorted": ""}, False
    for _ in range(3000):
        press(page, "Tab", 9)
        at = page.run(
            "(() => { const e = document.activeElement; return e === document.body ? 'end' : e.matches('a') ? 'links' : e.matches('.picture') ? 'pictures'"
            " : e.matches('.wide') ? 'tables' : e.matches('.copy') ? 'commands' : e.matches('th button') ? 'sort' : 'other'; })()"
        )
        if at == "end":
            break
        if at in came_by:
            came_by[at] += 1
        if at == "sort" and not done:
            press(page, "Enter", 13)
            came_by["sorted"], done = page.run("document.getElementById('said').textContent"), True
    return came_by


def there(page):
    """What a walk through the page must come by."""
    return page.run(
        "({ links: document.querySelectorAll('nav a').length + 1, pictures: document.querySelectorAll('.picture').length,"
        " tables: [...document.querySelectorAll('.wide')].filter((e) => e.checkVisibility()).length,"
        " commands: [...document.querySelectorAll('.copy')].filter((e) => e.checkVisibility()).length })"
    )


def examine(path, runs, pictures):
    size = os.path.getsize(path) / 1e6
    good = check(f"{os.path.basename(path)} is under {LARGEST} MB", size < LARGEST, f"{size:.2f} MB")
    with Page() as page:
        good &= check("it opens", True, f"{page.open(path):.2f} s")
        good &= check("everything is reached by keyboard", keyboard_reaches(page))
        came_by, must = by_keyboard(page), there(page)
        good &= check("Tab alone walks through all of it", all(came_by[what] == must[what] for what in must), f"{came_by} of {must}")
        good &= check("and Enter sorts a table", came_by["sorted"].startswith("Sorted by "), came_by["sorted"])
        without = nameless(page)
        good &= check("everything has a name", without == [], without or "")
        page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        drawn = page.run(PICTURES)
        good &= check("pictures are drawn and say what they show", all(one["drawn"] and one["title"] and one["about"] for one in drawn), len(drawn))
        columns = page.run(SORTED)
        wrong = [f"{one['name']}: {one['cells']}" for one in columns if one["sort"] == "ascending" and not in_order(one)]
        good &= check("a column is sorted as its numbers say", wrong == [], wrong or f"{len(columns)} columns")
        if runs:
            good &= check("it leads to single runs", page.run("document.querySelectorAll('.run .command').length") > 1)
        page.run("document.querySelector('button.copy').click()")
        page.run("new Promise((done) => setTimeout(done, 200))")
        said = page.run("document.getElementById('said').textContent")
        good &= check("a command is copied or selected", said in ("Copied.", "It is selected: copy it."), said)
        good &= check("nothing in a name was obeyed", page.run("document.scripts.length") == 1)
        good &= check("the console is empty and nothing was asked of the network", page.errors == [], page.errors or "")
    for name, look in LOOKS:
        with Page(**look) as page:
            page.open(path)
            if pictures:
                page.picture(os.path.join(pictures, f"{name}.png"))
                page.picture(os.path.join(pictures, f"{name}-whole.png"), whole=True)
            page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            wide = page.run("document.documentElement.scrollWidth - innerWidth")
            good &= check(f"{name}: nothing sticks out sideways", wide <= 0, wide if wide > 0 else "")
            smallest = min((one["smallest"] for one in page.run(PICTURES)), default=SMALLEST_TEXT)
            good &= check(f"{name}: the texts of pictures can be read", smallest >= SMALLEST_TEXT, f"{smallest:.1f} px")
            good &= check(f"{name}: the console is empty", page.errors == [], page.errors or "")
    return good


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("report")
    arguments.add_argument("--runs", action="store_true", help="some runs of the study are worth a look")
    arguments.add_argument("--pictures", help="a directory for screenshots")
    given = arguments.parse_args()
    if given.pictures:
        os.makedirs(given.pictures, exist_ok=True)
    raise SystemExit(0 if examine(given.report, given.runs, given.pictures) else 1)


if __name__ == "__main__":
    main()
