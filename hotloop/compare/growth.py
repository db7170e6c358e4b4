"""How times grow with the size of the input, and where one contender overtakes another.

Pure functions of the records of one measurement for each size. In each set of processes the
exponent is the least-squares slope of the logarithm of the time over that of the size; its interval
comes from the sets, as a factor's does. Where two contenders change places between two sizes, and
both factors leave no doubt, the size is that where the straight line between their logarithms is 0.
"""

import math
import statistics
from collections.abc import Sequence
from itertools import combinations, pairwise

from hotloop.compare.result import Crossing, Factor, Growth, Verdict
from hotloop.stats import signed_rank
from hotloop.timing.record import Measurement

# Small inputs are dominated by what a call costs whatever its input is.
SIZES = 3
CONFIDENCE = 0.99

Sized = tuple[float, Measurement]


def growth_of(name: str, parts: Sequence[Sized]) -> Growth | None:
    """The exponent over the largest sizes that were measured; None if there are fewer than two."""
    measured = [(size, part.runs_of(name)) for size, part in parts if part.runs_of(name)][-SIZES:]
    if len(measured) < 2:
        return None
    sets = min(len(runs) for _, runs in measured)
    logs_of_sizes = [math.log(size) for size, _ in measured]
    slopes = []
    for number in range(sets):
        logs = [math.log(statistics.median(runs[number].samples_s)) for _, runs in measured]
        slopes.append(statistics.linear_regression(logs_of_sizes, logs).slope)
    found = signed_rank.interval(slopes, CONFIDENCE)
    sizes = tuple(size for size, _ in measured)
    return Growth(name, found.estimate, found.low, found.high, found.confidence, sizes)


def crossings_of(
    names: Sequence[str], sizes: Sequence[float], factors: Sequence[dict[tuple[str, str], Factor]]
) -> list[Crossing]:
    """Where two change places; ``factors`` has for each size how (one, other) compare."""
    found = []
    for one, other in combinations(names, 2):
        known = [
            (size, of_size[one, other])
            for size, of_size in zip(sizes, factors, strict=True)
            if (one, other) in of_size and of_size[one, other].verdict is not Verdict.OPEN
        ]
        for (before, first), (after, second) in pairwise(known):
            if first.verdict is not second.verdict:
                overtakes = second.verdict is Verdict.FASTER
                faster, slower = (one, other) if overtakes else (other, one)
                found.append(_crossing(faster, slower, (before, first), (after, second)))
    return found


def _crossing(
    faster: str, slower: str, before: tuple[float, Factor], after: tuple[float, Factor]
) -> Crossing:
    (n_1, first), (n_2, second) = before, after

    def zero(one: float, other: float) -> float:
        a, b = math.log(one), math.log(other)
        part = min(1.0, max(0.0, a / (a - b)))
        return math.exp(math.log(n_1) * (1 - part) + math.log(n_2) * part)

    size = zero(first.value, second.value)
    ends = sorted((zero(first.low, second.low), zero(first.high, second.high), size))
    return Crossing(faster, slower, size, ends[0], ends[-1])
