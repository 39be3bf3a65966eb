"""What the nodes of a run wrote: metadata records, roles that brokers took, and the answers to clients and followers."""
import json
import re
from dataclasses import dataclass
from datetime import datetime

REQUEST = re.compile(r'"clientId":"([^"]*)".{0,60}"requestApiKeyName":"(PRODUCE|FETCH|METADATA)"')
HAS_ERROR = re.compile(r'"errorCode":(-1|[1-9])')
LEADER_ROLE = re.compile(r"\[Broker id=(\d+)\] Leader \S+-(\d+) .*starts at leader epoch")
BATCH = re.compile(r"baseOffset: \d+ .*CreateTime: (\d+)")
PAYLOAD = re.compile(r"payload: (\{.*\})")


def wall_ms(line):
    """The moment at the head of a line, such as `[2026-11-30 12:09:08,084]`; the nodes log in UTC."""
    return round(datetime.strptime(line[1:24] + "+0000", "%Y-%m-%d %H:%M:%S,%f%z").timestamp() * 1000)


@dataclass
class MetadataRecord:
    """`at_ms` is the moment at which the controller made the batch, on the wall clock."""
    at_ms: int
    kind: str
    data: dict


def metadata(folder):
    """The log of the controller that has most of it."""
    logs = [list(records(path)) for path in folder.glob("*/metadata.txt")]
    return max(logs, key=len)


def records(path):
    at_ms = None
    for line in open(path):
        if batch := BATCH.search(line):
            at_ms = int(batch[1])
        if payload := PAYLOAD.search(line):
            record = json.loads(payload[1])
            yield MetadataRecord(at_ms, record["type"], record["data"])


def leader_roles(folder):
    """(at_ms, broker, partition) of every leader role that a broker took, in the order of time."""
    found = ((line, LEADER_ROLE.search(line)) for path in folder.glob("*/state-change.log") for line in open(path))
    return sorted((wall_ms(line), int(role[1]), int(role[2])) for line, role in found if role)


@dataclass
class Answer:
    """`errors` are the error codes of the single partitions that are not zero."""
    at_ms: int
    client: str
    api: str
    errors: list


def answers(folder):
    """Every answer to a produce, fetch or metadata request."""
    for path in folder.glob("*/kafka-request.log"):
        for line in open(path, errors="replace"):
            if request := REQUEST.search(line):
                yield Answer(wall_ms(line), request[1], request[2], errors_of(line, request[2]))


def errors_of(line, api):
    if api == "METADATA" or not HAS_ERROR.search(line):
        return []
    response = json.JSONDecoder().raw_decode(line, line.index("{"))[0]["response"]
    partitions = [p for topic in response.get("responses", []) for p in topic.get("partitionResponses", topic.get("partitions", []))]
    return [p["errorCode"] for p in partitions if p["errorCode"]]
