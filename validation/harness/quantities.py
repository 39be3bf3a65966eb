"""The quantities of a run. They are those of tests/measured/quantities.rs, which takes them from a simulated run."""
import json
from collections import defaultdict
from statistics import median

from harness import logs

# The broker that cases are about; its partitions are those that it is the preferred leader of.
BROKER = 102
# NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH: the client or follower asked the wrong broker.
STALE = (6, 74, 75)
FOLLOWER = "broker-"


def of_run(case, folder):
    """By who, then by quantity. Times are milliseconds from the moment at which faults count."""
    moments = json.loads((folder / "moments.json").read_text())
    from_ms, end_ms = moments["count_from_ms"], moments["end_ms"]
    answers = [a for a in logs.answers(folder) if from_ms <= a.at_ms < end_ms]
    found = {"cluster": cluster(case, folder, answers, from_ms, end_ms)}
    moved = {p for p, replicas in enumerate(case.assignment) if replicas[0] == BROKER}
    for client in case.clients:
        mine = [a for a in answers if a.client == client.name]
        produced = Records.read(folder / f"{client.name}.out", from_ms, end_ms)
        found[client.name] = {
            "records not served": produced.not_served(),
            "stale answers": sum(code in STALE for a in mine for code in a.errors),
            "metadata requests": sum(a.api == "METADATA" for a in mine),
            "longest wait": produced.longest_wait(),
        } | silences(produced, moved)
    return found


def cluster(case, folder, answers, from_ms, end_ms):
    records = [r for r in logs.metadata(folder) if from_ms <= r.at_ms < end_ms]
    of_broker = [r for r in records if r.data.get("brokerId") == BROKER]
    changes = [r for r in of_broker if r.kind == "BROKER_REGISTRATION_CHANGE_RECORD"]
    registrations = [r for r in of_broker if r.kind == "REGISTER_BROKER_RECORD"]
    left = [r for r in changes if r.data.get("fenced") == 1 or r.data.get("inControlledShutdown") == 1]
    back = [r for r in changes if r.data.get("fenced") == -1]
    moves = [r for r in records if r.kind == "PARTITION_CHANGE_RECORD" and (r.data.get("leader") or -1) >= 0]
    taken = roles_taken(folder, [m for m in moves if m.at_ms == moves[0].at_ms])
    # An election that an operator asks for counts from its commit.
    first_move = moves[0].at_ms - from_ms if moves and not case.name.endswith("elect") else 0 if moves else None
    found = {
        "first leader change committed": first_move,
        "commit to leader role taken, first partition": min(taken, default=None),
        "commit to leader role taken, last partition": max(taken, default=None),
        "broker 102 fenced (or leaving) committed": first(left + registrations, from_ms),
        "broker 102 registered again": first(registrations, from_ms),
        "broker 102 unfenced": first(back, from_ms),
        "replica fetch errors (partition entries)": sum(len(a.errors) for a in answers if a.client.startswith(FOLLOWER)),
    }
    return {quantity: value for quantity, value in found.items() if value is not None}


def first(records, from_ms):
    return min((r.at_ms - from_ms for r in records), default=None)


def roles_taken(folder, moves):
    """How long after the first move each leader that it named took its role."""
    roles = logs.leader_roles(folder)
    found = []
    for move in moves:
        mine = [at for at, broker, partition in roles
                if (broker, partition) == (move.data["leader"], move.data["partitionId"]) and at >= move.at_ms]
        found += [at - move.at_ms for at in mine[:1]]
    return found


class Records:
    """The records of one client: (sent, done or None, partition, result), in milliseconds of the wall clock."""

    def __init__(self, records, from_ms, end_ms):
        self.records, self.from_ms, self.end_ms = records, from_ms, end_ms

    @classmethod
    def read(cls, path, from_ms, end_ms):
        sent, done = {}, {}
        for line in open(path):
            what, i, micros, rest = line.split()
            (sent if what == "sent" else done)[i] = (int(micros) / 1000, rest)
        records = []
        for i, (at, partition) in sent.items():
            end, result = done.get(i, (None, "unfinished"))
            records.append((at, end, int(partition), result) if end and end < end_ms else (at, None, int(partition), "unfinished"))
        return cls(records, from_ms, end_ms)

    def not_served(self):
        return sum(result != "OK" for *_, result in self.records)

    def longest_wait(self):
        return round(max((done or self.end_ms) - sent for sent, done, *_ in self.records if not done or done >= self.from_ms))

    def silence_by_partition(self):
        """The longest time between two successes that ended after the counting began; one that never ended lasts to the end."""
        successes, open_from = defaultdict(list), {}
        for sent, done, partition, result in self.records:
            successes[partition] += [done] if result == "OK" else []
            if result == "unfinished":
                open_from.setdefault(partition, sent)
        longest = {}
        for partition in successes.keys() | open_from.keys():
            times = sorted(successes[partition]) or [open_from[partition]]
            times += [self.end_ms] if partition in open_from else []
            longest[partition] = max((b - a for a, b in zip(times, times[1:]) if b >= self.from_ms), default=0)
        return longest


def silences(produced, moved):
    longest = produced.silence_by_partition()
    of_moved = [ms for partition, ms in longest.items() if partition in moved]
    others = [ms for partition, ms in longest.items() if partition not in moved]
    return {
        "longest silence, moved, max of 4": round(max(of_moved)),
        "longest silence, moved, median of 4": round(median(of_moved), 1),
        "longest silence, others": round(max(others)),
    }
