"""A producer of confluent-kafka (librdkafka) at a fixed rate. Arguments and output: see ../java/Produce.java."""
import sys
import threading
import time

from confluent_kafka import KafkaException, Producer

NAME, BOOTSTRAP, TOPIC, PARTITIONS, RATE, BYTES, FIRST_MS, LAST_MS = sys.argv[1:9]
WALL_NS, STARTED_NS = time.time_ns(), time.monotonic_ns()


def now_us():
    return (WALL_NS + time.monotonic_ns() - STARTED_NS) // 1000


def say(line):
    # One write a line: the callbacks come from a thread of their own.
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def done(i, error):
    say(f"done {i} {now_us()} {error.name() if error else 'OK'}")


def serve_callbacks(producer):
    while True:
        producer.poll(0.1)


def send(producer, i, value):
    partition = i % int(PARTITIONS)
    say(f"sent {i} {now_us()} {partition}")
    try:
        producer.produce(TOPIC, value, partition=partition, on_delivery=lambda error, _: done(i, error))
    except (BufferError, KafkaException) as error:
        say(f"done {i} {now_us()} {type(error).__name__}")


def main():
    config = {"client.id": NAME, "bootstrap.servers": BOOTSTRAP}
    config.update(pair.split("=", 1) for pair in sys.argv[9:])
    producer = Producer(config)
    threading.Thread(target=serve_callbacks, args=[producer], daemon=True).start()
    value, i = bytes(int(BYTES)), 0
    while (due := int(FIRST_MS) * 1000 + int(i * 1e6 / float(RATE))) < int(LAST_MS) * 1000:
        time.sleep(max(0, due - now_us()) / 1e6)
        send(producer, i, value)
        i += 1
    threading.Event().wait()


main()
