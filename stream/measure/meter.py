"""How much CPU time a broker used between any two moments of a run.

A consumer's stretch is known only afterwards, so a thread records the broker's CPU time
all the time, by reading one small file now and then.
"""

import threading
from collections.abc import Callable
from typing import Self

import numpy as np

from hotloop.base.clock import Clock, SystemClock

# The kernel counts CPU time in ticks of 10 ms; reading much more often gives nothing new.
INTERVAL_S = 0.05


class Meter:
    """Notes ``read_cpu_s`` while it is entered; ``between`` gives the seconds used."""

    def __init__(self, read_cpu_s: Callable[[], float], clock: Clock | None = None) -> None:
        self._read_cpu_s = read_cpu_s
        self._clock = clock or SystemClock()
        self._times_ns: list[int] = []
        self._cpu_s: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self.note()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def note(self) -> None:
        """Take one reading now."""
        cpu_s = self._read_cpu_s()
        self._times_ns.append(self._clock.now_ns())
        self._cpu_s.append(cpu_s)

    def between(self, first_ns: int, last_ns: int) -> float | None:
        """CPU seconds from one moment to the other; None if the readings do not reach."""
        count = min(len(self._times_ns), len(self._cpu_s))
        times_ns, cpu_s = self._times_ns[:count], self._cpu_s[:count]
        if not (times_ns and times_ns[0] <= first_ns <= last_ns <= times_ns[-1]):
            return None
        before_s, after_s = np.interp([first_ns, last_ns], times_ns, cpu_s)
        return float(after_s - before_s)

    def _watch(self) -> None:
        while not self._over.wait(INTERVAL_S):
            self.note()
