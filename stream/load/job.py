"""What passes between the harness and a load generator: a LoadJob in, a LoadReport and a book out.

The book (an .npz file) has one entry for each record that was sent, in order of
sequence: ``planned_ns``, ``sent_ns`` and ``offset``, all int64.  ``planned_ns`` is
0 if the records were not paced, ``offset`` is ``UNACKNOWLEDGED`` if no
confirmation came.  Topic and partition of a record follow from its sequence
(``LoadJob.place``), so they are not stored.
"""

import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hotloop.base.errors import MeasurementError
from hotloop.base.files import write_whole
from stream.account.ledger import UNCONFIRMED, Log, joined, keys
from stream.account.record import PRODUCER_DIGITS
from stream.child import Message

UNACKNOWLEDGED = UNCONFIRMED
# How many of the reasons for refused records are shown.
MOST_REASONS = 3

Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LoadJob(Message):
    """One generator's task.

    ``producer``: its number, in every record. ``topics``: record i goes to
    topic i modulo their number, and there to the partitions in turn.
    ``records``: how many. ``rate_per_s``: the open-loop rate; None fills the
    topics as fast as possible. ``start_in_s``: from being connected to the
    first planned send. ``value_seed``: seeds the values. ``login``: the
    settings of a ``Security``. ``book_path``: where the book is written.
    ``batch_bytes``: the largest batch that the topics take; None: not known.
    """

    bootstrap: str
    producer: int
    topics: tuple[str, ...]
    partitions: int
    records: int
    rate_per_s: float | None
    start_in_s: float
    value_seed: int
    login: Mapping[str, str] = field(repr=False)
    book_path: str
    batch_bytes: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "topics", tuple(self.topics))
        if not self.topics:
            raise ValueError("a generator needs a topic")
        if not 0 <= self.producer < 10**PRODUCER_DIGITS:
            raise ValueError(f"producer {self.producer} does not fit {PRODUCER_DIGITS} digits")
        if self.partitions < 1 or self.records < 1:
            raise ValueError(f"{self.records} records over {self.partitions} partitions")

    def place(self, sequence: Int64s) -> tuple[Int64s, Int64s]:
        """Topic number and partition of each record."""
        topics = len(self.topics)
        return sequence % topics, sequence // topics % self.partitions


@dataclass(frozen=True, slots=True)
class LoadReport(Message):
    """What a generator did.

    ``failed``: records whose delivery the client gave up, ``refusals`` says why: reason to
    count. Records neither acknowledged nor failed were still under way at the end.
    ``start_ns``: when record 0 was planned (or first sent). ``cpu_s``: of the whole process
    while sending. ``throttled_s``: the sum of the waits that brokers imposed; they overlap, so
    only "more than 0" means something.
    """

    producer: int
    sent: int
    acknowledged: int
    failed: int
    start_ns: int
    last_sent_ns: int
    last_acknowledged_ns: int
    cpu_s: float
    refusals: Mapping[str, int] = field(default_factory=dict)
    throttled_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Book:
    """What was sent, by sequence: planned and actual send times, and offsets."""

    planned_ns: Int64s
    sent_ns: Int64s
    offset: Int64s

    def write(self, path: Path) -> None:
        """Raises MeasurementError if ``path`` cannot be written."""
        content = io.BytesIO()
        np.savez(content, planned_ns=self.planned_ns, sent_ns=self.sent_ns, offset=self.offset)
        write_whole(path, content.getvalue())

    @classmethod
    def read(cls, path: Path) -> "Book":
        """Raises MeasurementError if there is no such book."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(**{name: arrays[name] for name in cls.__slots__})
        except (OSError, ValueError, KeyError) as error:
            raise MeasurementError(f"cannot read what was sent from {path}: {error}") from error

    def sent(self, job: LoadJob, topic: int) -> Log:
        """All records for the topic with this number."""
        sequence = np.arange(len(self.offset), dtype=np.int64)
        topics, partitions = job.place(sequence)
        held = topics == topic
        producers = np.full(int(held.sum()), job.producer, np.int64)
        return Log(keys(producers, sequence[held]), partitions[held], self.offset[held])

    def acknowledged(self, job: LoadJob, topic: int) -> Log:
        """The confirmed records of the topic with this number."""
        sent = self.sent(job, topic)
        return sent.select(sent.offsets != UNACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Sent:
    """What all generators of a run sent: each with its job, its report and its book."""

    loads: tuple[tuple[LoadJob, LoadReport, Book], ...]

    def acknowledged(self, topic: int) -> Log:
        """The confirmed records of the topic with this number."""
        return joined([book.acknowledged(job, topic) for job, _, book in self.loads])

    def unconfirmed(self, topic: int) -> Log:
        """Those that were never confirmed; the topic may still hold them."""
        logs = joined([book.sent(job, topic) for job, _, book in self.loads])
        return logs.select(logs.offsets == UNACKNOWLEDGED)

    @property
    def records(self) -> int:
        """How many were sent."""
        return sum(report.sent for _, report, _ in self.loads)

    @property
    def confirmed(self) -> int:
        """How many of them were confirmed."""
        return sum(report.acknowledged for _, report, _ in self.loads)

    @property
    def refused(self) -> int:
        """How many of them the broker refused."""
        return sum(report.failed for _, report, _ in self.loads)

    @property
    def refusal(self) -> str | None:
        """One sentence on the records that were refused, with the broker's reasons, or None."""
        if not self.refused:
            return None
        reasons = Counter[str]()
        for _, report, _ in self.loads:
            reasons.update(report.refusals)
        told = "; ".join(
            f"{reason} ({count:,})" if len(reasons) > 1 else reason
            for reason, count in reasons.most_common(MOST_REASONS)
        )
        return (
            f"the broker did not take {self.refused:,} of {self.records:,} records: "
            f"{told or 'it gave no reason'}"
        )
