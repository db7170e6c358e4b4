"""The clock seam: real time in commands, hand-driven time in tests."""

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock in integer nanoseconds; only differences mean anything."""

    def now_ns(self) -> int: ...

    def sleep_ns(self, duration_ns: int) -> None: ...


class SystemClock:
    """``time.perf_counter_ns``, which on Linux is shared by all processes."""

    def now_ns(self) -> int:
        return time.perf_counter_ns()

    def sleep_ns(self, duration_ns: int) -> None:
        if duration_ns > 0:
            time.sleep(duration_ns / 1e9)


@dataclass(slots=True)
class ManualClock:
    """A clock that moves only when told to, so that schedules are tested without waiting."""

    time_ns: int = 0

    def now_ns(self) -> int:
        return self.time_ns

    def sleep_ns(self, duration_ns: int) -> None:
        self.time_ns += max(0, duration_ns)
