"""The HTML report in a real browser: it opens without an error and without the network, plays, zooms, and tells why a request was stale.

    python3 tests/browser/report.py REPORT.html [--stale] [--calm] [--largest MB] [--pictures DIRECTORY]
"""

import argparse
import os
import time

from chromium import Page

# The longest that a frame may take while somebody zooms and pans, in milliseconds.
LONGEST_FRAME = 200

# Zooms, pans and scrolls for some seconds and gives the lengths of all frames.
MOVE_ABOUT = """new Promise((done) => {
  const frames = [];
  const canvas = document.getElementById("lanes");
  const box = canvas.getBoundingClientRect();
  let last = performance.now(), n = 0;
  const frame = (now) => {
    frames.push(now - last);
    last = now;
    if (++n > 150) return done(frames.slice(2));
    const zooming = n % 60 < 30;
    const wheel = { clientX: box.left + box.width * 0.6, clientY: box.top + 50, bubbles: true, cancelable: true };
    canvas.dispatchEvent(new WheelEvent("wheel", zooming ? { ...wheel, deltaY: -30, ctrlKey: true } : { ...wheel, deltaY: 30, ctrlKey: true }));
    if (n % 3 === 0) canvas.dispatchEvent(new WheelEvent("wheel", { ...wheel, deltaY: 20, shiftKey: true }));
    document.getElementById("lanes-box").scrollTop += n % 60 < 30 ? 12 : -12;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})"""

# Plays in slow motion through a leader move, and quickly on, and gives the lengths of all frames.
PLAY = """new Promise((done) => {
  const frames = [];
  document.getElementById("zoom-all").click();
  const watch = document.getElementById("watch-move");
  if (watch.disabled) document.getElementById("play").click(); else watch.click();
  let last = performance.now();
  const frame = (now) => {
    frames.push(now - last);
    last = now;
    if (frames.length === 60) document.getElementById("speed").value = "5";
    if (frames.length < 120) return requestAnimationFrame(frame);
    document.getElementById("play").click();
    done(frames.slice(2));
  };
  requestAnimationFrame(frame);
})"""


def check(what, holds, found=""):
    print(("ok    " if holds else "FAILED") + f" {what}" + (f": {found}" if found != "" else ""))
    return bool(holds)


def keyboard_reaches(page):
    """Everything that can be pressed by a pointer can be reached by Tab."""
    return page.run(
        "[...document.querySelectorAll('button, select, input, a[href], summary, canvas[tabindex]')]"
        ".every((e) => e.tabIndex >= 0 || e.disabled)"
    )


def nameless(page):
    return page.run(
        "[...document.querySelectorAll('button, select, input, canvas, svg[role], section, nav, aside, ul.events')].filter((e) => !("
        "e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim() || e.labels?.length || e.id === 'tip')).map((e) => e.outerHTML.slice(0, 80))"
    )


def examine(path, stale, calm, largest, pictures):
    good = True
    size = os.path.getsize(path) / 1e6
    good &= check(f"{os.path.basename(path)} is under {largest} MB", size < largest, f"{size:.2f} MB")
    with Page() as page:
        seconds = page.open(path)
        good &= check("it opens", True, f"{seconds:.2f} s")
        good &= check("it says when no leader moved", page.run("!!document.getElementById('calm')") == calm)
        before = page.run("document.getElementById('clock').textContent")
        page.run("document.getElementById('play').click()")
        time.sleep(1.0)
        after = page.run("document.getElementById('clock').textContent")
        good &= check("play moves the clock", before != after, f"{before} to {after}")
        page.run("document.getElementById('play').click()")
        stopped = page.run("document.getElementById('clock').textContent")
        time.sleep(0.5)
        good &= check("pause stops it", stopped == page.run("document.getElementById('clock').textContent"), stopped)
        page.run("document.getElementById('lanes').focus()")
        for key in ("ArrowDown", "ArrowDown", "+", "ArrowRight", "n", ".", "-", "0", "Home"):
            page.key(key)
        good &= check("keys tell the facts of a lane", len(page.run("document.getElementById('facts-body').textContent")) > 20)
        good &= check("everything is reached by keyboard", keyboard_reaches(page))
        without = nameless(page)
        good &= check("everything has a name", without == [], without or "")
        page.run("scrollTo(0, 0); document.getElementById('board').scrollIntoView()")
        box = page.run("(() => { const b = document.getElementById('lanes').getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()")
        page.move(box[0] + box[2] * 0.7, box[1] + 40)
        page.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if stale:
            page.run("document.getElementById('next-stale').click()")
            good &= check("a stale request shows its path", page.run("document.querySelectorAll('#facts-body ol.path li').length") >= 3)
            good &= check("a click on its sign does too", click_on_sign(page))
        frames = page.run(MOVE_ABOUT)
        good &= check(f"no frame is longer than {LONGEST_FRAME} ms", max(frames) < LONGEST_FRAME, f"longest {max(frames):.0f} ms, mean {sum(frames) / len(frames):.0f} ms")
        played = page.run(PLAY)
        good &= check("nor while it plays", max(played) < LONGEST_FRAME, f"longest {max(played):.0f} ms, mean {sum(played) / len(played):.0f} ms")
        good &= check("the console is empty and nothing was asked of the network", page.errors == [], page.errors or "")
    looks = [("wide", {}), ("dark", {"dark": True}), ("phone", {"width": 390, "height": 844, "scale": 2, "touch": True}), ("zoomed", {"width": 320, "height": 225, "scale": 4}), ("still", {"still": True})]
    for name, look in looks:
        with Page(**look) as page:
            page.open(path)
            if stale:
                page.run("document.getElementById('next-stale').click()")
            page.run("new Promise((done) => setTimeout(done, 300))")
            wide = page.run("document.documentElement.scrollWidth - innerWidth")
            good &= check(f"{name}: nothing sticks out sideways", wide <= 0, wide if wide > 0 else "")
            good &= check(f"{name}: the console is empty", page.errors == [], page.errors or "")
            if pictures:
                page.run("scrollTo(0, 0)")
                page.picture(os.path.join(pictures, f"{name}.png"))
                page.run("document.getElementById('lanes-box').scrollIntoView()")
                page.picture(os.path.join(pictures, f"{name}-board.png"))
                page.picture(os.path.join(pictures, f"{name}-whole.png"), whole=True)
    return good


def click_on_sign(page):
    """Presses where the sign of the chosen stale request is drawn, after its facts were put away."""
    page.run("new Promise((done) => setTimeout(done, 900))")
    page.run("document.getElementById('facts-body').replaceChildren()")
    left, top, width, height = page.run("(() => { const b = document.getElementById('lanes').getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()")
    sign = page.run("document.documentElement.dataset.sign")
    x, y = (float(part) for part in sign.split())
    page.click(left + x, top + y)
    return page.run("document.querySelectorAll('#facts-body ol.path li').length") >= 3


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("report")
    arguments.add_argument("--stale", action="store_true", help="the run has stale requests")
    arguments.add_argument("--calm", action="store_true", help="no leader moves in the run")
    arguments.add_argument("--largest", type=float, default=2.0, help="megabytes that the file may have")
    arguments.add_argument("--pictures", help="a directory for screenshots")
    given = arguments.parse_args()
    if given.pictures:
        os.makedirs(given.pictures, exist_ok=True)
    raise SystemExit(0 if examine(given.report, given.stale, given.calm, given.largest, given.pictures) else 1)


if __name__ == "__main__":
    main()
