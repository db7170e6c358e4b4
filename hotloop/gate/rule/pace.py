"""How long pairs take, and what the usual time for a suite follows from."""

import statistics
from collections.abc import Collection, Sequence

import numpy as np

from hotloop.gate.model import Benchmark, Pair
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.limits import allowance_s


class Pace:
    """The seconds of each benchmark's pairs, in a run that measures ``lanes`` of them at once.

    Kept in arrays: it is asked after every pair, about hundreds of benchmarks.
    """

    def __init__(self, benchmarks: Sequence[Benchmark], lanes: int) -> None:
        self._places = {benchmark: place for place, benchmark in enumerate(benchmarks)}
        self._lanes = lanes
        self._typical_s = np.zeros(len(benchmarks))
        self._spent_s = np.zeros(len(benchmarks))
        self._beyond_s = np.zeros(len(benchmarks))
        self._is_out = np.zeros(len(benchmarks), dtype=np.bool_)

    def add(self, benchmark: Benchmark, pairs: Sequence[Pair]) -> None:
        """Its pairs so far; the first one warms up longer, so the median counts.

        What others of them took beyond it, on a machine with other work to do, is made up for. A
        pair that had the machine alone took the other lanes' time as well.
        """
        place = self._places[benchmark]
        seconds = [pair.elapsed_s * (self._lanes if pair.alone else 1) for pair in pairs]
        self._typical_s[place] = statistics.median(seconds)
        self._spent_s[place] = sum(seconds)
        self._beyond_s[place] = max(0.0, sum(seconds) - len(seconds) * self._typical_s[place])

    def leave_out(self, benchmark: Benchmark) -> None:
        """It will give no figure: it neither leaves time to the others nor takes it from them."""
        self._is_out[self._places[benchmark]] = True

    def usual_s(self, rule: Rule, generosity: float) -> float:
        """So many times the allowances, what their pairs took beyond, and what the others did."""
        allowed_s = allowance_s(rule, self._typical_s[~self._is_out] / self._lanes)
        beside_s = self._beyond_s[~self._is_out].sum() + self._spent_s[self._is_out].sum()
        return generosity * allowed_s + float(beside_s) / self._lanes

    def wave_s(self, those: Collection[Benchmark]) -> float:
        """What a pair of each of them adds to a run."""
        places = [self._places[benchmark] for benchmark in those]
        return float(self._typical_s[places].sum()) / self._lanes
