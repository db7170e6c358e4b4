"""The user function of every variant, and its book: which records came, and when.

    first record --- stretch --- target-th record --- (what the client still had) --- close
    first_ns                     last_ns, stop                                        book

``handle`` is called for each record inside the measured stretch, so it does next to nothing:
it keeps the id and compares one length (tests/test_benchmark_stream.py measures it). Everything
else waits for ``close``.
"""

import sys
import threading
from collections import Counter
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Protocol

import numpy as np

from hotloop.base.clock import Clock
from stream.account.record import Reason
from stream.child import process_cpu_s
from stream.consume.job import Job, Stamp
from stream.consume.seen import Seen, parse_ids

NEVER = sys.maxsize


class Identified(Protocol):
    """Any decoded record: Payload, Faust's Record, a pydantic model."""

    @property
    def id_string(self) -> str: ...


class Stop(Enum):
    """Why a worker stops."""

    TARGET = "the target was reached"
    SIGNAL = "a signal came"
    DEADLINE = "the deadline passed"
    JOURNAL = "the journal could not be written"
    SILENCE = "no record came for too long"


def after(delay_s: float, action: Callable[[], None]) -> None:
    """Call ``action`` after ``delay_s`` from a thread of its own, if the process still runs."""
    timer = threading.Timer(delay_s, action)
    timer.daemon = True
    timer.start()


class Sink:
    """Counts what a variant delivers, and tells the variant when to stop.

    ``handle(record)`` takes a decoded record, ``bad(reason)`` one that could not be decoded;
    both count towards the target. ``last_ns`` and ``cpu_s`` are None until it is reached.
    """

    __slots__ = (
        "_after",
        "_callbacks",
        "_clock",
        "_first_cpu_s",
        "_ids",
        "_job",
        "_lock",
        "_read_cpu_s",
        "_reasons",
        "_stamps",
        "bad",
        "count",
        "cpu_s",
        "first_ns",
        "handle",
        "last_ns",
        "stopped_by",
    )

    handle: Callable[[Identified], None]
    bad: Callable[[Reason], None]

    def __init__(
        self,
        job: Job,
        clock: Clock,
        read_cpu_s: Callable[[], float] = process_cpu_s,
        after: Callable[[float, Callable[[], None]], None] = after,
    ) -> None:
        self._job = job
        self._clock = clock
        self._read_cpu_s = read_cpu_s
        self._after = after
        self._lock = threading.Lock()
        self._first_cpu_s = 0.0
        # None stands for a bad record, so that the list's length counts both kinds.
        self._ids: list[str | None] = []
        self._stamps: list[int] = []
        self._reasons: Counter[Reason] = Counter()
        self._callbacks: list[Callable[[], object]] = []
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.cpu_s: float | None = None
        self.count = 0
        self.stopped_by: Stop | None = None
        self.handle, self.bad = self._functions()

    @property
    def seen(self) -> int:
        """Records delivered so far, good and bad."""
        return len(self._ids)

    @property
    def stopping(self) -> bool:
        """Whether the variant should stop; poll loops ask between two batches."""
        return self.stopped_by is not None

    def on_stop(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` when it is time to stop, or at once if it already is.

        It runs inside ``handle``, in a signal handler or in another thread, so it should only wake
        the variant's loop (``loop.call_soon_threadsafe``).
        """
        self._callbacks.append(callback)
        if self.stopping:
            callback()

    def request_stop(self, cause: Stop) -> None:
        """Ask the variant to stop; only the first cause counts."""
        if self.stopped_by is None:
            self.stopped_by = cause
            for callback in self._callbacks:
                callback()

    def close(self) -> dict[str, int]:
        """Write the book and return how many records were bad, by reason."""
        producer, sequence, planned_ns, good = parse_ids(self._ids)
        stamps = np.array(self._stamps, np.int64) if self._stamps else np.zeros(len(good), np.int64)
        Seen(producer, sequence, planned_ns, stamps[good]).write(Path(self._job.seen_path))
        bad_ids = len(good) - int(good.sum()) - self._reasons.total()
        reasons = self._reasons + Counter({Reason.BAD_ID: bad_ids})
        if self._stamps and self.last_ns is None:
            self.count, self.last_ns = len(self._stamps), self._stamps[-1]
        return {reason.value: count for reason, count in sorted(reasons.items())}

    def _functions(self) -> tuple[Callable[[Identified], None], Callable[[Reason], None]]:
        # Closures over local names instead of methods: half the cost of a record.
        ids = self._ids
        keep = ids.append
        reasons = self._reasons
        stamp = self._stamps.append
        now_ns = self._clock.now_ns
        # The number of records at which there is something to do: 1, then the target.
        mark = 1

        def reach() -> None:
            nonlocal mark
            mark = self._reach()

        def handle(record: Identified) -> None:
            keep(record.id_string)
            if len(ids) >= mark:
                reach()

        def handle_and_stamp(record: Identified) -> None:
            stamp(now_ns())
            keep(record.id_string)
            if len(ids) >= mark:
                reach()

        def bad(reason: Reason) -> None:
            reasons[reason] += 1
            keep(None)
            if len(ids) >= mark:
                reach()

        def bad_and_stamp(reason: Reason) -> None:
            stamp(now_ns())
            bad(reason)

        if self._job.stamp is Stamp.EACH:
            return handle_and_stamp, bad_and_stamp
        return handle, bad

    def _reach(self) -> int:
        """Note the time of the first or the target-th record; return the next mark."""
        time_ns, cpu_s = self._clock.now_ns(), self._read_cpu_s()
        if self.first_ns is None:
            self.first_ns, self._first_cpu_s = time_ns, cpu_s
            if self._job.stretch_s is not None:
                self._after(self._job.stretch_s, self._end_stretch)
        target = NEVER if self._job.target_records is None else self._job.target_records
        if self.seen < target:
            return target
        self._end_stretch()
        return NEVER

    def _end_stretch(self) -> None:
        """Stop the clock, at the target or by the timer, whichever comes first."""
        with self._lock:
            if self.last_ns is not None:
                return
            self.count, self.last_ns = self.seen, self._clock.now_ns()
            self.cpu_s = self._read_cpu_s() - self._first_cpu_s
        self.request_stop(Stop.TARGET)
