"""Benchmarks that became slower where nobody looks: in the first call of each process.

Where a first call does what later ones find done, the times of these say nothing of it: a cache is
filled, an input is used up that no look at the arguments finds. One first call tells little, as it
also finds cold caches. But each pair has one on each side, and pairs agree on what is not luck.
"""

import math
import statistics
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.gate.model import Benchmark, Pair
from hotloop.gate.pairs.noted import durations, remarks_of

# Before so many pairs nothing is called the same either.
FEWEST_PAIRS = 5
# How many times as long as at base head's first calls take, beside what later ones say: in the
# median, and in four pairs of five. In 52 tests of equal code on a busy machine (5 to 9 pairs each)
# the median was 0.7 to 1.3, and one pair in thirty above 1.6 (2026-11-29).
SLOWER = math.log(1.5)
SLOWER_IN_MOST = math.log(1.25)
BUT_FOR = 0.2
# What caches and pages of memory make of a first call that does little.
LEAST_S = 20e-6
# First calls that take no longer do what later ones do.
LONGER = 10.0


class HiddenSlowdowns:
    """Is told, from any thread, what first and later calls took in each pair, in seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pairs: defaultdict[str, list[_Pair]] = defaultdict(list)

    def note(self, benchmark: Benchmark, pair: Pair) -> None:
        """Remember a pair of it; who makes no first call before the timed ones tells nothing."""
        seconds = [*pair.first_s, pair.base or 0.0, pair.head or 0.0]
        if not pair.first_s or min(seconds) <= 0:
            return
        base_s, head_s, base_later_s, head_later_s = seconds
        hidden = math.log(head_s / base_s) - math.log(head_later_s / base_later_s)
        with self._lock:
            self._pairs[benchmark.label].append(
                _Pair(base_s, head_s, head_s / head_later_s, hidden)
            )

    @property
    def remarks(self) -> tuple[str, ...]:
        """A sentence, if there are any."""
        with self._lock:
            slower = {label: pairs for label, pairs in self._pairs.items() if _is_slower(pairs)}
        return remarks_of({label: _medians(pairs) for label, pairs in slower.items()}, _sentence)


@dataclass(frozen=True, slots=True)
class _Pair:
    """``times``: head's first call over its later ones; ``hidden``: see ``SLOWER``."""

    base_s: float
    head_s: float
    times: float
    hidden: float


def _is_slower(pairs: Sequence[_Pair]) -> bool:
    hidden = sorted(pair.hidden for pair in pairs)
    return (
        len(hidden) >= FEWEST_PAIRS
        and statistics.median(hidden) >= SLOWER
        and hidden[math.floor(BUT_FOR * len(hidden))] >= SLOWER_IN_MOST
        and statistics.median(pair.head_s - pair.base_s for pair in pairs) >= LEAST_S
        and statistics.median(pair.times for pair in pairs) >= LONGER
    )


def _medians(pairs: Sequence[_Pair]) -> str:
    sides = [pair.base_s for pair in pairs], [pair.head_s for pair in pairs]
    return durations(map(statistics.median, sides))


def _sentence(many: str, who: str) -> str:
    return (
        f"the first call of {many} became slower, and no later one: {who}; what only a first call "
        "does is in no verdict: if it is what is to be timed, let each call do it, or each have a "
        "set-up"
    )
