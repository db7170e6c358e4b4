"""What passes between the harness and a load generator: a LoadJob in, a LoadReport and a book out.

The book (an .npz file) has one entry for each record that was sent, in order of
sequence: ``planned_ns``, ``sent_ns`` and ``offset``, all int64.  ``planned_ns`` is
0 where the records were not paced, ``offset`` is ``UNACKNOWLEDGED`` where no
confirmation came.  Topic and partition of a record follow from its sequence
(``LoadJob.place``), so they are not stored.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hotloop.errors import MeasurementError
from hotloop.files import write_whole
from stream.ledger import Log, keys
from stream.record import PRODUCER_DIGITS

UNACKNOWLEDGED = -1

Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LoadJob:
    """One generator's task.

    ``producer``: its number, in every record. ``topics``: record i goes to
    topic i modulo their number, and there to the partitions in turn.
    ``records``: how many. ``rate_per_s``: the open-loop rate; None fills the
    topics as fast as it goes. ``start_in_s``: from being connected to the
    first planned send. ``value_seed``: seeds the values. ``login``: the
    settings of a ``Security``. ``book_path``: where the book is written.
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

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "LoadJob":
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a generator did.

    ``failed``: records whose delivery the client gave up. Records neither
    acknowledged nor failed were still under way at the end. ``start_ns``: when
    record 0 was planned (or first sent). ``worst_late_s``: the longest time by
    which a record was handed to the client after its plan. ``cpu_s``: of the
    whole process while sending. ``failure``: one sentence, or None.
    """

    producer: int
    sent: int
    acknowledged: int
    failed: int
    start_ns: int
    last_sent_ns: int
    last_acknowledged_ns: int
    worst_late_s: float
    cpu_s: float
    failure: str | None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "LoadReport":
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Book:
    """What was sent, by sequence: planned and actual send times, and offsets."""

    planned_ns: Int64s
    sent_ns: Int64s
    offset: Int64s

    def write(self, path: Path) -> None:
        """Raises MeasurementError where ``path`` cannot be written."""
        content = io.BytesIO()
        np.savez(content, planned_ns=self.planned_ns, sent_ns=self.sent_ns, offset=self.offset)
        write_whole(path, content.getvalue())

    @classmethod
    def read(cls, path: Path) -> "Book":
        """Raises MeasurementError where there is no such book."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(**{name: arrays[name] for name in cls.__slots__})
        except (OSError, ValueError, KeyError) as error:
            raise MeasurementError(f"cannot read what was sent from {path}: {error}") from error

    def acknowledged(self, job: LoadJob, topic: int) -> Log:
        """The confirmed records of the topic with this number."""
        sequence = np.arange(len(self.offset), dtype=np.int64)
        topics, partitions = job.place(sequence)
        held = (self.offset != UNACKNOWLEDGED) & (topics == topic)
        producers = np.full(int(held.sum()), job.producer, np.int64)
        return Log(keys(producers, sequence[held]), partitions[held], self.offset[held])


def joined(logs: Sequence[Log]) -> Log:
    """The records of several producers as one log."""
    return Log(
        np.concatenate([log.keys for log in logs]),
        np.concatenate([log.partitions for log in logs]),
        np.concatenate([log.offsets for log in logs]),
    )
