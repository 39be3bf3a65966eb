"""The fault lines of kafkasim, done for real. Each line is played by a thread of its own."""
import re
import time

from harness.case import CaseError, millis


def sleep_until(wall_ms):
    time.sleep(max(0.0, wall_ms / 1000 - time.time()))


def play(line, cluster, zero_ms):
    """Does what a line says at its time; `zero_ms` is the wall clock from which faults count."""
    at, verb, rest = re.fullmatch(r"at (\S+) (\S+) ?(.*)", line).groups()
    at_ms = zero_ms + millis(at)
    sleep_until(at_ms)
    VERBS[verb](cluster, rest, at_ms)


def check(line):
    """Refuses a line that cannot be played, before anything is started."""
    found = re.fullmatch(r"at (\S+) (\S+) ?(.*)", line)
    if not found or millis(found[1]) is None or found[2] not in VERBS or not PATTERNS[found[2]].fullmatch(found[3]):
        raise CaseError(f"`{line}` is not among the faults that can be done for real: see validation/README.md")


def node_and_length(rest):
    found = re.fullmatch(r"(?:broker|controller) (\d+)(?: (?:for|down) (\S+))?", rest)
    return int(found[1]), found[2] and millis(found[2])


def kill(cluster, rest, at_ms):
    node, length_ms = node_and_length(rest)
    cluster.kill(node)
    if length_ms:
        sleep_until(at_ms + length_ms)
        cluster.start(node)


def stop(cluster, rest, _at_ms):
    node, length_ms = node_and_length(rest)
    cluster.stop(node)
    if length_ms:
        time.sleep(length_ms / 1000)
        cluster.start(node)


def restart(cluster, rest, at_ms):
    stop(cluster, rest if "down" in rest else f"{rest} down 5s", at_ms)


def start(cluster, rest, _at_ms):
    cluster.start(node_and_length(rest)[0])


def pause(cluster, rest, at_ms):
    node, length_ms = node_and_length(rest)
    cluster.signal(node, "SIGSTOP")
    if length_ms:
        sleep_until(at_ms + length_ms)
        cluster.signal(node, "SIGCONT")


def resume(cluster, rest, _at_ms):
    cluster.signal(node_and_length(rest)[0], "SIGCONT")


def cut(cluster, rest, at_ms):
    one, other, length = re.fullmatch(r"(.+?) from (.+?)(?: for (\S+))?", rest).groups()
    side = nodes(cluster, one)
    cluster.note("cut", what=rest)
    cluster.network.cut(side, [n for n in nodes(cluster, other) if n not in side])
    if length:
        sleep_until(at_ms + millis(length))
        heal(cluster, "", at_ms)


def heal(cluster, _rest, _at_ms):
    cluster.network.heal()
    cluster.note("heal")


def nodes(cluster, text):
    named = {
        "brokers": cluster.case.brokers,
        "controllers": cluster.case.controllers,
        "clients": ["clients"],
        "everything": [*cluster.case.brokers, *cluster.case.controllers, "clients"],
    }
    parts = [part.strip() for part in text.split(",")]
    return [str(n) for part in parts for n in named.get(part, [part.split(" ")[-1]])]


def elect(cluster, rest, _at_ms):
    every = [f"{cluster.case.topic}-{p}" for p in range(len(cluster.case.assignment))]
    wanted = rest.removeprefix("preferred").strip()
    cluster.ask("elect", *(every if wanted in ("", "all") else wanted.split(",")))


def reassign(cluster, rest, _at_ms):
    moves = [move.strip().replace(" to ", "=") for move in rest.split(";")]
    cluster.ask("reassign", *moves)


NODE = r"(broker|controller) \d+"
SIDE = r"(broker \d+|brokers|controller \d+|controllers|clients|everything)"
SIDES = rf"{SIDE}(, ?{SIDE})*"
LENGTH = r"[\d.]+(us|ms|s|m|h|d)"
VERBS = {
    "kill": kill, "stop": stop, "restart": restart, "start": start, "pause": pause, "resume": resume,
    "cut": cut, "heal": heal, "elect": elect, "reassign": reassign,
}
PATTERNS = {verb: re.compile(pattern) for verb, pattern in {
    "kill": rf"{NODE}( for {LENGTH})?",
    "stop": rf"{NODE}( for {LENGTH})?",
    "restart": rf"{NODE}( down {LENGTH})?",
    "start": NODE,
    "pause": rf"{NODE}( for {LENGTH})?",
    "resume": NODE,
    "cut": rf"{SIDES} from {SIDES}( for {LENGTH})?",
    "heal": r"",
    "elect": r"preferred( all| \S+)?",
    "reassign": r"\S+-\d+ to [\d,]+(; ?\S+-\d+ to [\d,]+)*",
}.items()}
