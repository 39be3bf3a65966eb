"""One run of one case against a real cluster. What it leaves in its folder is all that the quantities are taken from."""
import json
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from harness import faults, work
from harness.cluster import Cluster

# From the start of the clients' processes to their first record: all are up by then, so that they keep the phases of the scenario.
CLIENTS_START_MS = 7000


def run(case, folder):
    """Raises when the run is not fit to be counted; everything that was started has ended in any case."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    cluster = Cluster(case, folder)
    producers = []
    players = ThreadPoolExecutor(max_workers=len(case.faults) or 1)
    try:
        cluster.create()
        zero_ms = round(time.time() * 1000) + CLIENTS_START_MS
        moments = {"count_from_ms": round(zero_ms + case.warm_up_ms), "end_ms": round(zero_ms + case.end_ms)}
        (folder / "moments.json").write_text(json.dumps(moments))
        producers = [produce(client, cluster, folder, zero_ms) for client in case.clients]
        playing = [players.submit(faults.play, line, cluster, moments["count_from_ms"]) for line in case.faults]
        faults.sleep_until(moments["end_ms"])
        for line in playing:
            line.result(timeout=60)
    finally:
        for producer in producers:
            producer.kill()
            producer.wait()
        cluster.end()
    must_have_been_calm_before(case, folder, moments["count_from_ms"])
    must_not_have_ended_early(case, producers)


def produce(client, cluster, folder, zero_ms):
    program, environment = work.producer_program(client.profile)
    arguments = work.producer_arguments(client, cluster.bootstrap, cluster.case.topic, len(cluster.case.assignment), zero_ms)
    command = [*cluster.network.inside("clients"), *program, *arguments]
    out, errors = open(folder / f"{client.name}.out", "w"), open(folder / f"{client.name}.err", "w")
    return subprocess.Popen(command, stdout=out, stderr=errors, env={**os.environ, **environment})


def must_have_been_calm_before(case, folder, count_from_ms):
    """Every client was served during the warm-up, all but a few of the first records."""
    for client in case.clients:
        words = [line.split() for line in (folder / f"{client.name}.out").read_text().splitlines()]
        served = sum(1 for w in words if w[0] == "done" and w[3] == "OK" and int(w[2]) < count_from_ms * 1000)
        due = client.rate * (case.warm_up_ms - client.start_ms) / 1000
        if served < 0.9 * due:
            raise RuntimeError(f"{client.name} had {served} of {due:.0f} records served before the fault: the machine was not ready")


def must_not_have_ended_early(case, producers):
    for client, producer in zip(case.clients, producers):
        if producer.returncode != -9:
            raise RuntimeError(f"{client.name} ended by itself with {producer.returncode}: see {client.name}.err")
