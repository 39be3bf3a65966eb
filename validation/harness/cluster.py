"""The processes of a real cluster: controllers and brokers, and the admin client beside them."""
import json
import os
import shutil
import signal
import subprocess
import time

from harness import work
from harness.case import kafka_value
from harness.network import Network, remove_all

CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qk"
LOGGING = work.HERE / "harness/log4j2.xml"
# No groups are measured, but clients may look for a coordinator.
ALWAYS = {"offsets.topic.num.partitions": 6, "auto.create.topics.enable": "false"}
TEN_MINUTES_S = 600


class Cluster:
    def __init__(self, case, folder):
        self.case, self.folder = case, folder
        self.jars = work.broker_jars(case.kafka)
        self.processes = {}
        self.ended = False
        self.events = open(folder / "events.jsonl", "w")
        self.network = Network([*map(str, case.controllers + case.brokers), "clients", "admin"])
        self.bootstrap = ",".join(f"{self.network.address[str(b)]}:9092" for b in case.brokers)
        self.admin_process = None

    def note(self, event, **details):
        self.events.write(json.dumps({"at_ms": time.time() * 1000, "event": event, **details}) + "\n")
        self.events.flush()

    def create(self):
        """Formats the nodes, starts them and creates the topic."""
        nodes = self.case.controllers + self.case.brokers
        for formatting in [self.format(node) for node in nodes]:
            if formatting.wait() != 0:
                raise RuntimeError(f"a node could not be formatted: see {self.folder}/*/format.log")
        for node in nodes:
            self.start(node)
        self.admin_process = subprocess.Popen(
            self.network.inside("admin") + work.admin_program(self.case.kafka, self.bootstrap),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.await_answer("brokers", str(len(self.case.brokers)))
        self.ask("create", self.case.topic, *(",".join(map(str, replicas)) for replicas in self.case.assignment))
        self.await_settled()
        for broker in self.case.cold_brokers:
            self.stop(broker)
            self.start(broker)
            self.await_answer("brokers", str(len(self.case.brokers)))
            self.await_settled()

    def format(self, node):
        home = self.home(node)
        home.mkdir()
        (home / "server.properties").write_text("".join(f"{key}={kafka_value(value)}\n" for key, value in self.properties(node).items()))
        command = [*work.JAVA, "-cp", self.jars, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", f"{home}/server.properties"]
        return subprocess.Popen(command, stdout=open(home / "format.log", "w"), stderr=subprocess.STDOUT)

    def properties(self, node):
        is_controller = node in self.case.controllers
        address = self.network.address
        listener = f"CONTROLLER://{address[str(node)]}:9093" if is_controller else f"PLAINTEXT://{address[str(node)]}:9092"
        return ALWAYS | {
            "node.id": node,
            "process.roles": "controller" if is_controller else "broker",
            "controller.quorum.voters": ",".join(f"{c}@{address[str(c)]}:9093" for c in self.case.controllers),
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "listeners": listener,
            "log.dirs": self.home(node) / "data",
        } | self.case.config | self.case.topic_config

    def home(self, node):
        return self.folder / str(node)

    def start(self, node):
        if self.ended:  # by a failure, or by Ctrl-C, while a fault line still had something to do
            return
        self.note("start", node=node)
        home = self.home(node)
        # A broker tells every request with its answer, a controller none: only what clients and followers ask is measured.
        requests = "OFF" if node in self.case.controllers else "DEBUG"
        logging = ["-Duser.timezone=UTC", f"-Dlog4j2.configurationFile={LOGGING}", f"-Dnode.home={home}", f"-Drequests={requests}"]
        command = [*work.JAVA, "-Xmx384m", "-Xms128m", *logging, "-cp", self.jars, "kafka.Kafka", f"{home}/server.properties"]
        out = open(home / "out.log", "a")
        self.processes[node] = subprocess.Popen(self.network.inside(str(node)) + command, stdout=out, stderr=subprocess.STDOUT)

    def signal(self, node, name):
        self.note("signal", node=node, signal=name)
        os.kill(self.processes[node].pid, signal.Signals[name])

    def kill(self, node):
        self.signal(node, "SIGKILL")
        self.processes[node].wait()

    def stop(self, node):
        self.signal(node, "SIGTERM")
        self.processes[node].wait(timeout=TEN_MINUTES_S)
        self.note("exited", node=node)

    def ask(self, *words):
        self.note("admin", asked=" ".join(words))
        self.admin_process.stdin.write(" ".join(words) + "\n")
        self.admin_process.stdin.flush()
        answer = self.admin_process.stdout.readline().strip()
        self.note("admin", answered=answer)
        return answer

    def await_answer(self, question, wanted, within_s=60):
        until = time.time() + within_s
        while (answer := self.ask(*question.split())) != wanted:
            if time.time() > until:
                raise RuntimeError(f"`{question}` was answered {answer!r} for {within_s} s, not {wanted!r}")
            time.sleep(0.2)

    def await_settled(self):
        self.await_answer(f"settled {self.case.topic}", "true")

    def end(self):
        """Ends all processes and dumps the metadata log; the records are not kept."""
        self.ended = True
        for process in [self.admin_process, *self.processes.values()]:
            if process and process.poll() is None:
                process.kill()
                process.wait()
        remove_all()
        for node in self.case.controllers:
            self.dump(node)
        for node in self.processes:
            shutil.rmtree(self.home(node) / "data", ignore_errors=True)

    def dump(self, controller):
        package = "kafka.tools" if self.case.kafka.startswith("3.") else "org.apache.kafka.tools"
        log = self.home(controller) / "data/__cluster_metadata-0/00000000000000000000.log"
        command = [*work.JAVA, "-cp", self.jars, f"{package}.DumpLogSegments", "--cluster-metadata-decoder", "--files", log]
        with open(self.home(controller) / "metadata.txt", "w") as out:
            subprocess.run(command, stdout=out, stderr=subprocess.STDOUT)
