"""The limit, measured among the variants: two more contenders, whose answers are rates.

So it is measured in the same rounds, at the speed that the machine has while the variants run: one
thread on the CPU of the single-threaded variants, and all threads on the CPUs of the others.
"""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

from hotloop.compute.result import Limit
from hotloop.timing.record import Contender, Measurement, Threads

ONE_THREAD = "limit, 1 thread"
ALL_THREADS = "limit, all threads"
TARGET = "implementations.workload:prepare_limit"


@dataclass(slots=True)
class LimitBook:
    """Collects the rates; ``threads`` is the number of CPUs that the process may use."""

    threads: int
    rates: dict[str, list[float]] = field(default_factory=dict)
    impossible: list[float] = field(default_factory=list)
    vector: str = ""

    def contenders(self) -> list[Contender]:
        """To be timed beside the variants; their own times mean nothing."""
        return [
            Contender(ONE_THREAD, TARGET, {"threads": 1}, Threads.ONE),
            Contender(ALL_THREADS, TARGET, {"threads": self.threads}, Threads.ALL),
        ]

    def take(self, answers: Mapping[str, object]) -> dict[str, object]:
        """Note the rates among the answers; returns the answers that are left to judge."""
        rest = dict(answers)
        for name in (ONE_THREAD, ALL_THREADS):
            answer = rest.pop(name, None)
            if not isinstance(answer, Mapping):
                continue
            rate = answer["iterations_per_second"]
            if 0 < rate < math.inf:
                self.rates.setdefault(name, []).append(rate)
                self.vector = answer["vector"]
            else:
                # Too short for the clock; the variants stand without a limit.
                self.impossible.append(rate)
        return rest

    def limit(self) -> Limit | None:
        """The median over the sets of each set's best stretch; None if one is missing."""
        if not {ONE_THREAD, ALL_THREADS} <= self.rates.keys():
            return None
        return Limit(
            one_thread_iterations_per_second=_typical(self.rates[ONE_THREAD]),
            all_threads_iterations_per_second=_typical(self.rates[ALL_THREADS]),
            threads=self.threads,
            vector=self.vector,
        )

    def doubts(self, measurement: Measurement) -> tuple[str, ...]:
        """Why there is no limit, in a sentence; nothing if there is one."""
        reasons = {
            measurement.failures[name].message
            for name in (ONE_THREAD, ALL_THREADS)
            if name in measurement.failures
        }
        if self.limit() is None and self.impossible:
            reasons.add(f"a rate of {self.impossible[0]:g} cannot be")
        return tuple(f"the limit was not measured: {reason}" for reason in sorted(reasons))


def _typical(rates: list[float]) -> float:
    # The first rate is from the first call alone; the same process was faster later.
    return statistics.median(rates[1:] or rates)
