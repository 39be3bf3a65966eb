"""A case: what a scenario file of kafkasim says, as far as it can be done for real."""
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

UNIT_MS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def millis(text):
    """A duration as scenarios write it, in milliseconds; None where it is none."""
    found = re.fullmatch(r"([\d.]+)(us|ms|s|m|h|d)", str(text))
    return float(found[1]) * UNIT_MS[found[2]] if found else None


def kafka_value(value):
    """A value of a configuration, as the properties of Kafka write it: durations in milliseconds, truths in small letters."""
    ms = millis(value)
    if ms is not None:
        return f"{ms:.0f}"
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass
class Client:
    name: str
    profile: str
    rate: float
    record_bytes: int
    start_ms: float
    stop_ms: float
    config: dict


@dataclass
class Case:
    name: str
    kafka: str
    warm_up_ms: float
    duration_ms: float
    brokers: list
    controllers: list
    cold_brokers: list
    topic: str
    assignment: list
    config: dict
    topic_config: dict
    clients: list
    faults: list

    @property
    def end_ms(self):
        return self.warm_up_ms + self.duration_ms


class CaseError(Exception):
    """The file asks for something that this harness does not do."""


def read(path):
    path = Path(path)
    text = tomllib.loads(path.read_text())
    topics = text.get("topic", [])
    if len(topics) != 1 or "assignment" not in topics[0]:
        raise CaseError(f"{path}: [[topic]]: one topic with an `assignment` is needed, so that both sides have the same layout")
    cluster = text.get("cluster", {})
    if "broker_ids" not in cluster or "controller_ids" not in cluster:
        raise CaseError(f"{path}: [cluster]: `broker_ids` and `controller_ids` are needed, so that both sides have the same names")
    case = Case(
        name=path.stem,
        kafka=text.get("kafka", "4.3"),
        warm_up_ms=millis(text.get("count_from", "20s")),
        duration_ms=millis(text.get("duration", "2m")),
        brokers=cluster["broker_ids"],
        controllers=cluster["controller_ids"],
        cold_brokers=[b["id"] for b in text.get("broker", []) if b.get("cold")],
        topic=topics[0]["name"],
        assignment=topics[0]["assignment"],
        config=text.get("config", {}),
        topic_config=topics[0].get("config", {}),
        clients=[],
        faults=text.get("faults", []),
    )
    case.clients = [client(path, c, case.end_ms) for c in text.get("client", [])]
    return case


def client(path, text, end_ms):
    name = text["name"]
    if text.get("role", "producer") != "producer" or text.get("count", 1) != 1:
        raise CaseError(f"{path}: client {name}: single producers can be measured, nothing else")
    if text.get("partitioning") != "round-robin":
        raise CaseError(f"{path}: client {name}: write partitioning = \"round-robin\": record i goes to partition i mod the number of them")
    return Client(
        name=name,
        profile=text.get("profile", "java-4.3"),
        rate=text.get("rate", 10),
        record_bytes=text.get("record_bytes", 200),
        start_ms=millis(text.get("start", "0s")),
        stop_ms=min(millis(text["stop"]) if "stop" in text else end_ms, end_ms),
        config=text.get("config", {}),
    )
