"""The load, in a process of its own: ``python -m stream.load.generator DESCRIPTOR PARENT``.

    stdin        the LoadJob, one line of JSON
    DESCRIPTOR   the LoadReport, one line of JSON, when it is over

Open loop: record i is sent at start + i / rate, whatever happened to the
records before it, and carries its *planned* time.  If the generator falls
behind, it sends at once what is due, and reports by how much it was late.
SIGTERM ends the sending early; what was sent is still confirmed and reported.

Producer settings: acks=all and idempotence, so that a confirmed record is in
the topic, once, in order.
"""

import functools
import random
import signal
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from hotloop.base.clock import Clock, SystemClock
from hotloop.base.errors import HotloopError, MeasurementError
from hotloop.base.lifeline import hold
from stream import child
from stream.account.record import ID_WIDTH, PLANNED_DIGITS, PRODUCER_DIGITS, SEQUENCE_DIGITS
from stream.cluster.security import Security
from stream.load.job import UNACKNOWLEDGED, Book, LoadJob, LoadReport
from stream.load.pacing import NS_PER_S, Schedule

# Between two looks at the clock and at confirmations: 64 records take some 0.2 ms.
SLICE = 64
# While nothing is due, it checks for confirmations this often: a low load takes little of a CPU.
LONGEST_SLEEP_NS = 10_000_000
FULL_QUEUE_WAIT_S = 0.005
# After this long without any confirmation it gives up on the rest ...
FLUSH_S = 60.0
# ... and after this long in any case: a throttled broker confirms a little from time to time.
LONGEST_FLUSH_S = 180.0
FLUSH_LOOK_S = 1.0
CONNECT_S = 10.0
VALUES = 4096
HIGHEST_VALUE = 5.0

_HEAD = b'{"id_string": "'
_SEQUENCE_AT = len(_HEAD) + PRODUCER_DIGITS + 1
_SEQUENCE = slice(_SEQUENCE_AT, _SEQUENCE_AT + SEQUENCE_DIGITS)
ID = slice(len(_HEAD), len(_HEAD) + ID_WIDTH)

PACED_SETTINGS = {"linger.ms": 1}
LARGEST_BATCH_BYTES = 1_000_000
FILL_SETTINGS = {"linger.ms": 20}
# The client estimates a batch's size before it makes it: leave room for what it does not count.
BATCH_SHARE = 0.9
SETTINGS = {
    "acks": "all",
    "enable.idempotence": True,
    "queue.buffering.max.messages": 200_000,
}


class Message(Protocol):
    """The part of a delivery report that is used here."""

    def value(self) -> bytes: ...

    def offset(self) -> int: ...


class Throttled(Protocol):
    """The part of a throttle event that is used here; in seconds."""

    throttle_time: float


Delivered = Callable[[object | None, Message], None]


class Client(Protocol):
    """The part of confluent_kafka.Producer that is used here."""

    def produce(
        self, topic: str, *, value: bytes, partition: int, on_delivery: Delivered
    ) -> None: ...

    def poll(self, timeout: float) -> int: ...

    def flush(self, timeout: float) -> int: ...


class Unconfirmed(MeasurementError):
    """Records that were neither confirmed nor refused; the text says how many."""


def encoder(producer: int, value_seed: int) -> Callable[[int, int], bytes]:
    """``record.encode`` for (sequence, planned_ns), at a fifth of its cost.

    The values are uniform on [0, 5], the same 4,096 over and over: no consumer here
    cares about the value, and repr of a float is half the cost of a record.
    """
    rng = random.Random(value_seed)
    head = b"%b%0*d-" % (_HEAD, PRODUCER_DIGITS, producer)
    tails = [
        b'", "value": %b}' % repr(rng.uniform(0, HIGHEST_VALUE)).encode() for _ in range(VALUES)
    ]
    form = b"%%b%%0%dd-%%0%dd%%b" % (SEQUENCE_DIGITS, PLANNED_DIGITS)

    def encode(sequence: int, planned_ns: int) -> bytes:
        return form % (head, sequence, planned_ns, tails[sequence % VALUES])

    return encode


@functools.cache
def record_bytes(value_seed: int) -> int:
    """The median size of a record's value; sizes differ with the digits of the values."""
    encode = encoder(0, value_seed)
    return statistics.median_low([len(encode(sequence, 0)) for sequence in range(VALUES)])


@dataclass(slots=True)
class Generator:
    """Sends a job's records through ``client``; ``stopped`` ends it early.

    ``full``: the exception that the client raises while its queue has no room.
    """

    job: LoadJob
    client: Client
    clock: Clock
    full: type[Exception]
    stopped: bool = False
    refusals: Counter[str] = field(default_factory=Counter)
    throttled_s: float = 0.0
    trouble: str = ""
    last_acknowledged_ns: int = 0
    sent_ns: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)

    def run(self) -> tuple[LoadReport, Book]:
        """Send everything, wait for the confirmations, and say how it went.

        Raises Unconfirmed if records were neither confirmed nor refused.
        """
        self.offsets = [UNACKNOWLEDGED] * self.job.records
        start_ns = self.clock.now_ns() + int(self.job.start_in_s * NS_PER_S)
        cpu_before_s = child.process_cpu_s()
        if self.job.rate_per_s is None:
            self._sender(lambda sequence: 0)(self.job.records)
            planned = [0] * len(self.sent_ns)
            due = self.sent_ns
        else:
            schedule = Schedule(start_ns, self.job.rate_per_s, self.job.records)
            self._follow(schedule)
            planned = due = [schedule.planned_ns(sequence) for sequence in range(len(self.sent_ns))]
        flushed_ns = self.clock.now_ns()
        left = self._flush()
        waited_s = (self.clock.now_ns() - flushed_ns) / NS_PER_S
        offsets = self.offsets[: len(self.sent_ns)]
        book = Book(*(np.array(column, np.int64) for column in (planned, self.sent_ns, offsets)))
        if left:
            raise self._unconfirmed(left, waited_s)
        return self._report(
            book, due[0] if due else start_ns, child.process_cpu_s() - cpu_before_s
        ), book

    def throttled(self, event: Throttled) -> None:
        """Called by the client when a broker made it wait."""
        self.throttled_s += event.throttle_time

    def troubled(self, error: object) -> None:
        """Called by the client when something is wrong that it goes on in spite of."""
        self.trouble = _words(error)

    def _flush(self) -> int:
        """Wait for confirmations as long as any come; returns how many are missing then."""
        begun_ns = confirmed_ns = self.clock.now_ns()
        answered, left = self._answered(), 1
        while left:
            left = self.client.flush(FLUSH_LOOK_S)
            now_ns = self.clock.now_ns()
            if self._answered() != answered:
                answered, confirmed_ns = self._answered(), now_ns
            silent_s, took_s = (now_ns - confirmed_ns) / NS_PER_S, (now_ns - begun_ns) / NS_PER_S
            if silent_s >= FLUSH_S or took_s >= LONGEST_FLUSH_S:
                break
        return left

    def _answered(self) -> tuple[int, int]:
        """What changes with every answer of a broker: the last confirmation and the refusals."""
        return self.last_acknowledged_ns, self.refusals.total()

    def _follow(self, schedule: Schedule) -> None:
        send = self._sender(schedule.planned_ns)
        while len(self.sent_ns) < schedule.records and not self.stopped:
            due = schedule.due(self.clock.now_ns())
            if due > len(self.sent_ns):
                send(min(due, len(self.sent_ns) + SLICE))
                continue
            self.client.poll(0)
            wait_ns = schedule.planned_ns(len(self.sent_ns)) - self.clock.now_ns()
            self.clock.sleep_ns(min(wait_ns, LONGEST_SLEEP_NS))

    def _sender(self, planned_ns: Callable[[int], int]) -> Callable[[int], None]:
        """A function that gives the client every record below ``end`` that it does not have yet."""
        encode = encoder(self.job.producer, self.job.value_seed)
        produce, poll = self.client.produce, self.client.poll
        delivered, full = self._delivered, self.full
        sent_ns, now_ns = self.sent_ns, self.clock.now_ns
        places = [
            (topic, partition)
            for partition in range(self.job.partitions)
            for topic in self.job.topics
        ]

        def send(end: int) -> None:
            while len(sent_ns) < end and not self.stopped:
                poll(0)
                for sequence in range(len(sent_ns), min(end, len(sent_ns) + SLICE)):
                    topic, partition = places[sequence % len(places)]
                    value = encode(sequence, planned_ns(sequence))
                    try:
                        produce(topic, value=value, partition=partition, on_delivery=delivered)
                    except full:
                        poll(FULL_QUEUE_WAIT_S)
                        break
                    sent_ns.append(now_ns())

        return send

    def _delivered(self, error: object | None, message: Message) -> None:
        if error is None:
            self.offsets[int(message.value()[_SEQUENCE])] = message.offset()
            self.last_acknowledged_ns = self.clock.now_ns()
        else:
            self.refusals[_words(error)] += 1

    def _report(self, book: Book, first_ns: int, cpu_s: float) -> LoadReport:
        return LoadReport(
            producer=self.job.producer,
            sent=len(book.sent_ns),
            acknowledged=int((book.offset != UNACKNOWLEDGED).sum()),
            failed=self.refusals.total(),
            start_ns=first_ns,
            last_sent_ns=self.sent_ns[-1] if self.sent_ns else first_ns,
            last_acknowledged_ns=self.last_acknowledged_ns,
            cpu_s=cpu_s,
            refusals=dict(self.refusals),
            throttled_s=self.throttled_s,
        )

    def _unconfirmed(self, left: int, waited_s: float) -> Unconfirmed:
        said = f"{left:,} records were not confirmed within {waited_s:.0f} s"
        if self.throttled_s:
            said += (
                ": the broker throttles the load (a quota); lift it, or give fewer --records or a "
                "lower --rate"
            )
        elif self.trouble:
            said += f" ({self.trouble})"
        else:
            said += (
                ", and the client does not know why: see the broker's log. If its "
                "socket.request.max.bytes is below 1 MB, it closes the connection without an answer"
            )
        return Unconfirmed(said)


def main(arguments: Sequence[str] = sys.argv[1:]) -> int:
    """Run the job on stdin and report; returns the exit code."""
    from confluent_kafka import KafkaError, KafkaException, Producer

    clock = SystemClock()
    job = LoadJob.from_json(sys.stdin.readline())
    security = Security(job.login)
    tuning = FILL_SETTINGS if job.rate_per_s is None else PACED_SETTINGS
    generator: Generator

    def tell(error: KafkaError) -> None:
        # That all brokers are down follows from what went wrong with each of them.
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            generator.troubled(error)

    try:
        client = Producer(
            {
                "bootstrap.servers": job.bootstrap,
                "client.id": job.topics[0],
                **security.librdkafka(),
                **SETTINGS,
                **tuning,
                "batch.size": batch_bytes(job.batch_bytes),
                "throttle_cb": lambda event: generator.throttled(event),
                "error_cb": tell,
            }
        )
        generator = Generator(job, client, clock, full=BufferError)
        signal.signal(signal.SIGTERM, lambda *_: setattr(generator, "stopped", True))
        for topic in job.topics:
            client.list_topics(topic, CONNECT_S)
        report, book = generator.run()
        book.write(Path(job.book_path))
        told, code = report.to_json(), 0
    except Unconfirmed as error:
        told, code = child.failure(str(error)), error.exit_code
    except (KafkaException, HotloopError) as error:
        said = security.without_secrets(str(error))
        told, code = child.failure(f"no load: {said}"), HotloopError.exit_code
    child.report(int(arguments[0]), told)
    return code


def batch_bytes(largest: int | None) -> int:
    """How large batches may be for topics that accept ``largest`` bytes at once."""
    if largest is None:
        return LARGEST_BATCH_BYTES
    return max(1, min(LARGEST_BATCH_BYTES, int(largest * BATCH_SHARE)))


def _words(error: object) -> str:
    """The broker's reason, without the client's numbers."""
    return error.str() if hasattr(error, "str") else str(error)


if __name__ == "__main__":
    hold(int(sys.argv[2]))
    sys.exit(main())
