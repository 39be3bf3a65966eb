"""Where `setup` put things, and how the programs are called."""
import os
from pathlib import Path

from harness.case import CaseError, kafka_value

HERE = Path(__file__).resolve().parent.parent
WORK = Path(os.environ.get("VALIDATION_WORK", HERE / "work")).resolve()
JAVA = ["java", "-XX:+UseSerialGC"]

# The release of the scenario's `kafka`, and of the profile of a Java client.
BROKERS = {"4.3": "4.3.1", "3.9": "3.9.1"}
JAVA_CLIENTS = {"java-4.3": "4.3.1", "java-3.9": "3.9.1", "java-3.6": "3.6.2"}
GO_CLIENTS = {"franz-go-1.22": "franz-go", "sarama-1.61": "sarama", "kafka-go-0.4": "kafka-go"}


def broker_jars(kafka):
    if kafka not in BROKERS:
        raise CaseError(f"no brokers of Kafka {kafka} are set up, only {', '.join(BROKERS)}: add a release to `setup` and to {__file__}")
    return f"{WORK}/jars/broker-{BROKERS[kafka]}/*"


def admin_program(kafka, bootstrap):
    return [*JAVA, "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", f"{WORK}/classes:{broker_jars(kafka)}", "Admin", bootstrap]


def producer_program(profile):
    """The command of a client's program, without its arguments, and what its environment needs."""
    if profile in JAVA_CLIENTS:
        jars = f"{WORK}/classes:{WORK}/jars/client-{JAVA_CLIENTS[profile]}/*"
        return [*JAVA, "-Xmx96m", "-XX:TieredStopAtLevel=1", "-cp", jars, "Produce"], {}
    if profile in GO_CLIENTS:
        return [installed(WORK / "go" / GO_CLIENTS[profile])], {}
    if profile == "librdkafka-2.16":
        return [installed(WORK / "python/bin/python"), HERE / "clients/python/confluent_kafka_produce.py"], {}
    if profile == "kafkajs-2.2":
        return ["node", HERE / "clients/node/kafkajs_produce.js"], {"NODE_PATH": str(installed(WORK / "node/node_modules"))}
    raise CaseError(f"no client of the profile {profile} is set up: add a program under clients/ and a line to {__file__}")


def installed(path):
    if not path.exists():
        raise CaseError(f"{path} is missing: run `setup` (with Go, Node and Python there)")
    return path


def producer_arguments(client, bootstrap, topic, partitions, zero_ms):
    """See clients/java/Produce.java. `zero_ms` is the wall clock at which the case begins."""
    moments = [f"{zero_ms + client.start_ms:.0f}", f"{zero_ms + client.stop_ms:.0f}"]
    config = [f"{key}={kafka_value(value)}" for key, value in client.config.items()]
    return [client.name, bootstrap, topic, str(partitions), str(client.rate), str(client.record_bytes), *moments, *config]
