"""The work of benches/peers with SimPy: `python3 simpy_peer.py hold|network|network-resource|ring PENDING HORIZON_NS`.

Prints requests, checksum, seconds on the wall and seconds of the processor. Draws, rules and checksums are those of src/draws.rs and src/work.rs; time is whole
nanoseconds. Setting up is not in the seconds.
"""

import itertools
import sys
import time

import simpy

WORD = (1 << 64) - 1
MEAN_NS = 1_000_000_000
DELAYS = 1 << 14
STATIONS, JOBS_PER_MEAN = 20, 4
NODES, TOKENS = 1_000, 100


def mix(word):
    """SplitMix64's finalizer."""
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB & WORD
    return word ^ (word >> 31)


def splitmix(state):
    while True:
        state = state + 0x9E3779B97F4A7C15 & WORD
        yield mix(state)


def exponential(bits):
    """Von Neumann's way, as in draws.rs."""
    whole = 0
    while True:
        first = least = next(bits) >> 32
        count = 1
        while (drawn := next(bits) >> 32) < least:
            least = drawn
            count += 1
        if count % 2 == 1:
            return max(whole * MEAN_NS + (first * MEAN_NS >> 32), 4)
        whole += 1


def delays():
    bits = splitmix(1)
    return [exponential(bits) for _ in range(DELAYS)]


def stream(owner, likely):
    """(delay, lot) for ever. As many as will likely be used are drawn here, before the clock starts."""
    draws = ((TABLE[bits % DELAYS], bits >> 32) for bits in splitmix(mix(owner + 1)))
    drawn = list(itertools.islice(draws, int(likely * 1.1) + 100))
    return itertools.chain(drawn, draws)


TABLE = delays()


def checksum(places):
    total = 0
    for count, sum_ns in places:
        total = mix(mix(total ^ count) ^ (sum_ns & WORD))
    return total


class Hold:
    """A process for each pending event."""

    def __init__(self, env, pending, means):
        self.env, self.count, self.sum_ns = env, 0, 0
        self.draws = stream(0, pending * (1 + means))
        for i in range(pending):
            env.process(self.item(next(self.draws)[0] + i))

    def item(self, delay):
        env, draws = self.env, self.draws
        while True:
            yield env.timeout(delay)
            self.count += 1
            self.sum_ns += env.now
            delay = next(draws)[0]

    def outcome(self):
        return self.count, checksum([(self.count, self.sum_ns)])


class Network:
    """A process for each job; a station is solved, as in Rust: a job's end is known when it comes."""

    def __init__(self, env, _pending, means):
        self.env = env
        self.draws = [stream(place, means) for place in range(STATIONS)]
        self.free = [0] * STATIONS
        self.served = [[0, 0] for _ in range(STATIONS)]
        self.left = [0, 0]
        env.process(self.source(stream(STATIONS, JOBS_PER_MEAN * means)))

    def source(self, draws):
        delay, _ = next(draws)
        while True:
            yield self.env.timeout(delay // JOBS_PER_MEAN)
            delay, lot = next(draws)
            self.env.process(self.job(lot % STATIONS))

    def serve(self, place, delay):
        end = max(self.free[place], self.env.now) + delay
        self.free[place] = end
        yield self.env.timeout(end - self.env.now)

    def job(self, place):
        env = self.env
        born = env.now
        while True:
            arrived = env.now
            delay, lot = next(self.draws[place])
            yield from self.serve(place, delay)
            served = self.served[place]
            served[0] += 1
            served[1] += env.now - arrived
            if lot % 4 == 0:
                break
            place = (place + 1 + lot // 4 % (STATIONS - 1)) % STATIONS
        self.left[0] += 1
        self.left[1] += env.now - born

    def outcome(self):
        return self.left[0], checksum([*self.served, self.left])


class NetworkOfResources(Network):
    """The same with SimPy's own Resource, as its documentation writes it."""

    def __init__(self, env, pending, means):
        super().__init__(env, pending, means)
        self.stations = [simpy.Resource(env) for _ in range(STATIONS)]

    def serve(self, place, delay):
        with self.stations[place].request() as turn:
            yield turn
            yield self.env.timeout(delay)


class Ring:
    """A process for each token."""

    def __init__(self, env, _pending, means):
        self.env = env
        self.draws = [stream(place, means * TOKENS / NODES) for place in range(NODES)]
        self.arrivals = [[0, 0] for _ in range(NODES)]
        for token in range(TOKENS):
            env.process(self.token(token * (NODES // TOKENS)))

    def token(self, place):
        env = self.env
        yield env.timeout(next(self.draws[place])[0])
        while True:
            arrivals = self.arrivals[place]
            arrivals[0] += 1
            arrivals[1] += env.now
            delay, _ = next(self.draws[place])
            yield env.timeout(delay)
            place = (place + 1) % NODES

    def outcome(self):
        return sum(count for count, _ in self.arrivals), checksum(self.arrivals)


WORKS = {"hold": Hold, "network": Network, "network-resource": NetworkOfResources, "ring": Ring}


def main(work, pending, horizon_ns):
    env = simpy.Environment(initial_time=0)
    model = WORKS[work](env, int(pending), int(horizon_ns) / MEAN_NS)
    # The processes start; nothing happens in the first nanosecond.
    env.run(until=1)
    begun, cpu_begun = time.perf_counter(), time.process_time()
    # SimPy stops before `until`, the others after what happens at the horizon.
    env.run(until=int(horizon_ns) + 1)
    cpu_seconds, seconds = time.process_time() - cpu_begun, time.perf_counter() - begun
    requests, total = model.outcome()
    print(requests, total, seconds, cpu_seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
