"""The winsorised signed-rank test, its estimate and its interval: exact, for any noise.

One assumption: each value is as likely to lie above the centre as the same distance
below it. For the logarithm of the ratio of two processes of *equal* code this holds by
construction, whatever the noise is: swap the two, and the sign changes but not the size.

Wilcoxon's test gives the largest distance the largest score, so that one wild value
outweighs many small ones. Here the scores grow with the rank up to the middle and stay
there (``WINSORISED``). The null distribution stays exact, because with any scores that
depend only on the distances, the signs are still fair coins.

Wilcoxon 1945, "Individual comparisons by ranking methods", Biometrics Bulletin 1, 80-83,
doi:10.2307/3001968 (test); Hollander, Wolfe and Chicken 2014, "Nonparametric Statistical
Methods", 3rd edition, section 3.1 (its exact distribution, ties included: signs are coins,
given the sizes); Policello and Hettmansperger 1976, "Adaptive robust procedures for the
one-sample location problem", JASA 71, 624-633 (winsorised scores); Hodges and Lehmann
1963, "Estimates of location based on rank tests", Ann. Math. Statist. 34, 598-611,
doi:10.1214/aoms/1177704172 (estimate by inverting a rank test); Bauer 1972,
"Constructing confidence sets using rank statistics", JASA 67, 687-690,
doi:10.1080/01621459.1972.10481279 (interval by inverting it: the p-value can only change at
values and at means of two, where signs and ranks change, and is monotone in the centre).
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from hotloop.stats.interval import Interval

# The part of the ranks, from the top, that share one score; 0 gives Wilcoxon's own test.
# A half costs nothing visible if the noise is normal. If one pair in ten is wild, it misses
# a tenth as much (scripts/gate-rule-alternatives).
WINSORISED = 0.5

Array = NDArray[np.float64]


def p_value_above(values: Sequence[float], centre: float, winsorised: float = WINSORISED) -> float:
    """The chance of values this many and this large above ``centre``, if it is the true centre.

    One-sided and exact, with or without ties. A value that equals ``centre`` counts
    against the claim, which can only raise the p-value: its coin stays in the distribution,
    but never falls on the claim's side. Infinite values are the largest. Raises ValueError
    without values, for NaN, or for ``winsorised`` outside [0, 1).
    """
    return _chances([value - centre for value in _checked(values)], winsorised)[0]


def p_value_below(values: Sequence[float], centre: float, winsorised: float = WINSORISED) -> float:
    """As ``p_value_above``, for the claim that the values lie below ``centre``."""
    return _chances([value - centre for value in _checked(values)], winsorised)[1]


def _chances(distances: Sequence[float], winsorised: float) -> tuple[float, float]:
    """Of positive distances this many and this large, and of negative ones.

    No arrays: few distances are asked about often.
    """
    ordered = sorted(distances, key=abs)
    sizes = list(map(abs, ordered))
    if len(set(sizes)) == len(sizes):
        scores, tail = _without_ties(len(sizes), winsorised)
    else:
        scores = _doubled_scores(sizes, winsorised)
        tail = _upper_tail(scores)
    above = below = 0
    for distance, score in zip(ordered, scores, strict=True):
        if distance > 0:
            above += score
        elif distance < 0:
            below += score
    return float(tail[above]), float(tail[below])


def interval(
    values: Sequence[float], confidence: float, winsorised: float = WINSORISED
) -> Interval:
    """The centres that the test does not reject, around the one that it finds most likely.

    ``estimate`` is Hodges and Lehmann's: where the evidence above and below balances.
    If there are too few values to reach ``confidence``, the extremes are returned with the
    confidence that they do reach (n values: 1 - 2**(1 - n)). Raises ValueError as
    ``p_value_above`` does, for infinite values, and for a confidence outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, not {confidence}")
    numbers = _checked(values)
    if any(map(math.isinf, numbers)):
        raise ValueError(f"values must be finite: {list(values)}")
    tail = (1.0 - confidence) / 2
    steps = np.unique(_walsh_averages(np.array(numbers)))
    # Between two neighbouring steps the test gives the same answer for every centre.
    between = (steps[:-1] + steps[1:]) / 2

    # All searches begin with the same centres.
    @functools.cache
    def chances(centre: float) -> tuple[float, float]:
        return _chances([number - centre for number in numbers], winsorised)

    def surplus(centre: float) -> float:
        above, below = chances(centre)
        return below - above

    low = steps[_first(between, lambda centre: chances(centre)[0] > tail)]
    high = steps[_first(between, lambda centre: chances(centre)[1] <= tail)]
    # Half-way between the centres that have more evidence above and more below them.
    first = steps[_first(between, lambda centre: surplus(centre) <= 0)]
    last = steps[_first(between, lambda centre: surplus(centre) < 0)]
    return Interval(
        estimate=float(first / 2 + last / 2),
        low=float(low),
        high=float(high),
        confidence=_reached(len(values), tail, winsorised),
        n=len(values),
    )


def is_reachable(n: int, level: float) -> bool:
    """Whether n values, all on one side, give a p-value of ``level`` or less."""
    return 0.5**n <= level


@functools.lru_cache(maxsize=1024)
def fewest(level: float) -> int:
    """How many values, all on one side, give a p-value of ``level``, which is above 0."""
    return next(n for n in itertools.count(1) if is_reachable(n, level))


def _first(points: Array, holds: Callable[[float], bool]) -> int:
    """The index of the first point where ``holds``, which stays true from there on."""
    low, high = 0, len(points)
    while low < high:
        middle = (low + high) // 2
        if holds(float(points[middle])):
            high = middle
        else:
            low = middle + 1
    return low


@functools.lru_cache(maxsize=1024)
def _reached(n: int, tail: float, winsorised: float) -> float:
    """The confidence of an interval that leaves out ``tail`` on each side."""
    _, tails = _without_ties(n, winsorised)
    within = tails[tails <= tail]
    return max(0.0, 1.0 - 2.0 * float(within.max() if within.size else tails.min()))


def _walsh_averages(array: Array) -> Array:
    """The means of all pairs of values, each value paired with itself too: n(n+1)/2 of them."""
    first, second = _pairs(len(array))
    # Halved before they are added: the sum of two huge values must not overflow.
    averages: Array = array[first] / 2 + array[second] / 2
    return averages


@functools.lru_cache(maxsize=64)
def _pairs(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(n)


def _doubled_scores(sizes: Iterable[float], winsorised: float) -> tuple[int, ...]:
    """Twice the winsorised rank of each of ``sizes``, which rise; so the mean of ties is whole."""
    counts = [len(list(ties)) for _, ties in itertools.groupby(sizes)]
    largest = _largest_score(sum(counts), winsorised)
    scores: list[int] = []
    for count in counts:
        scores += [min(2 * len(scores) + count + 1, largest)] * count
    return tuple(scores)


def _largest_score(n: int, winsorised: float) -> int:
    if not 0 <= winsorised < 1:
        raise ValueError(f"the winsorised part must be in [0, 1), not {winsorised}")
    return 2 * max(1, math.ceil((1.0 - winsorised) * n))


@functools.lru_cache(maxsize=1024)
def _without_ties(n: int, winsorised: float) -> tuple[tuple[int, ...], Array]:
    """The scores of n sizes in rising order, no two of them equal, and their tail."""
    scores = _doubled_scores(range(n), winsorised)
    return scores, _upper_tail(scores)


def _checked(values: Sequence[float]) -> list[float]:
    numbers = list(map(float, values))
    if not numbers:
        raise ValueError("no values, hence no centre")
    if any(map(math.isnan, numbers)):
        raise ValueError(f"values must be numbers: {list(values)}")
    return numbers


@functools.lru_cache(maxsize=1024)
def _upper_tail(scores: tuple[int, ...]) -> Array:
    """P(the scores of the positive values sum to s or more) when every sign is a fair coin.

    Adds positive terms only, so that the smallest tail is as exact as the largest.
    """
    chances = np.zeros(sum(scores) + 1)
    chances[0] = 1.0
    reached = 0
    for score in scores:
        reached += score
        moved = chances[: reached + 1 - score] / 2
        chances[: reached + 1] /= 2
        chances[score : reached + 1] += moved
    tail: Array = np.cumsum(chances[::-1])[::-1]
    return tail
