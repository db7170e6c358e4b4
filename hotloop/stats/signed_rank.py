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
from collections.abc import Callable, Sequence

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
    return _chance_above(_checked(values) - centre, winsorised)


def p_value_below(values: Sequence[float], centre: float, winsorised: float = WINSORISED) -> float:
    """As ``p_value_above``, for the claim that the values lie below ``centre``."""
    return _chance_above(centre - _checked(values), winsorised)


def _chance_above(distances: Array, winsorised: float) -> float:
    scores = _doubled_scores(np.abs(distances), winsorised)
    return float(_tail_of(scores)[int(scores[distances > 0].sum())])


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
    array = _checked(values)
    if not np.isfinite(array).all():
        raise ValueError(f"values must be finite: {list(values)}")
    tail = (1.0 - confidence) / 2
    steps = np.unique(_walsh_averages(array))
    # Between two neighbouring steps the test gives the same answer for every centre.
    between = (steps[:-1] + steps[1:]) / 2

    def rejects_low(centre: float) -> bool:
        return _chance_above(array - centre, winsorised) <= tail

    def keeps_high(centre: float) -> bool:
        return _chance_above(centre - array, winsorised) > tail

    low = steps[_first(between, lambda centre: not rejects_low(centre))]
    high = steps[_first(between, lambda centre: not keeps_high(centre))]
    return Interval(
        estimate=_balance(array, steps, between, winsorised),
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


def _balance(array: Array, steps: Array, between: Array, winsorised: float) -> float:
    """Half-way between the centres that have more evidence above and more below them."""

    # Both searches begin with the same centres.
    @functools.cache
    def surplus(centre: float) -> float:
        distances = array - centre
        scores = _doubled_scores(np.abs(distances), winsorised)
        tail = _tail_of(scores)
        above, below = (int(scores[side].sum()) for side in (distances > 0, distances < 0))
        return float(tail[below] - tail[above])

    first = steps[_first(between, lambda centre: surplus(centre) <= 0)]
    last = steps[_first(between, lambda centre: surplus(centre) < 0)]
    return float(first / 2 + last / 2)


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


def _reached(n: int, tail: float, winsorised: float) -> float:
    """The confidence of an interval that leaves out ``tail`` on each side."""
    ranks = np.arange(1.0, n + 1.0)
    tails = _tail_of(_doubled_scores(ranks, winsorised))
    within = tails[tails <= tail]
    return max(0.0, 1.0 - 2.0 * float(within.max() if within.size else tails.min()))


def _walsh_averages(array: Array) -> Array:
    """The means of all pairs of values, each value paired with itself too: n(n+1)/2 of them."""
    first, second = np.triu_indices(len(array))
    # Halved before they are added: the sum of two huge values must not overflow.
    averages: Array = array[first] / 2 + array[second] / 2
    return averages


def _doubled_scores(sizes: Array, winsorised: float) -> NDArray[np.int64]:
    """Twice the winsorised rank of each size; doubled, so that the mean of ties is whole."""
    if not 0 <= winsorised < 1:
        raise ValueError(f"the winsorised part must be in [0, 1), not {winsorised}")
    ordered = np.sort(sizes)
    first = ordered.searchsorted(sizes, side="left")
    last = ordered.searchsorted(sizes, side="right")
    largest = 2 * max(1, math.ceil((1.0 - winsorised) * len(sizes)))
    scores: NDArray[np.int64] = np.minimum(first + last + 1, largest).astype(np.int64)
    return scores


def _tail_of(scores: NDArray[np.int64]) -> Array:
    return _upper_tail(tuple(sorted(scores.tolist())))


def _checked(values: Sequence[float]) -> Array:
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        raise ValueError("no values, hence no centre")
    if np.isnan(array).any():
        raise ValueError(f"values must be numbers: {list(values)}")
    return array


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
