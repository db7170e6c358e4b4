"""The limits, measured among the variants: two or three contenders, whose answers are rates.

They are measured in the same rounds, at the speed that the machine has while the variants run: one
thread on the CPU of the single-threaded variants, all threads on the CPUs of the others, and
the GPU if a variant may use one.
"""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

from hotloop.compute.result import GpuLimit, Limit
from hotloop.timing.record import Contender, Measurement, Threads

ONE_THREAD = "limit, 1 thread"
ALL_THREADS = "limit, all threads"
ON_A_GPU = "limit, GPU"
TARGET = "implementations.workload:prepare_limit"
GPU_TARGET = "implementations.workload:prepare_gpu_limit"


@dataclass(slots=True)
class LimitBook:
    """Collects the rates; ``threads`` is the number of CPUs that the process may use.

    ``has_gpu``: whether there may be a GPU to measure.
    """

    threads: int
    has_gpu: bool = False
    rates: dict[str, list[float]] = field(default_factory=dict)
    impossible: list[float] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)

    def contenders(self) -> list[Contender]:
        """To be timed beside the variants; their own times mean nothing."""
        found = [
            Contender(ONE_THREAD, TARGET, {"threads": 1}, Threads.ONE),
            Contender(ALL_THREADS, TARGET, {"threads": self.threads}, Threads.ALL),
        ]
        return [*found, Contender(ON_A_GPU, GPU_TARGET, {})] if self.has_gpu else found

    def take(self, answers: Mapping[str, object]) -> dict[str, object]:
        """Note the rates among the answers; returns the answers that are left to judge."""
        rest = dict(answers)
        for name in (ONE_THREAD, ALL_THREADS, ON_A_GPU):
            answer = rest.pop(name, None)
            if not isinstance(answer, Mapping):
                continue
            rate = answer["iterations_per_second"]
            if 0 < rate < math.inf:
                self.rates.setdefault(name, []).append(rate)
                self.units[name] = answer["unit"]
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
            vector=self.units[ONE_THREAD],
        )

    def gpu_limit(self) -> GpuLimit | None:
        """Likewise; None without a GPU, which the rows of its variants say."""
        if ON_A_GPU not in self.rates:
            return None
        return GpuLimit(self.units[ON_A_GPU], _typical(self.rates[ON_A_GPU]))

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
