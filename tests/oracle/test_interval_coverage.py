"""Do the intervals hold the truth as often as they say? Counted, on known distributions."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from hotloop.stats.interval import clustered_median_interval, median_interval, ratio_interval
from tests.parameters import marked

TRIALS = 5000
# Wrong once in 10,000 counts; the seeds are fixed.
SURPRISE = 1e-4

Draw = Callable[[np.random.Generator, int], np.ndarray]

DISTRIBUTIONS: dict[str, tuple[Draw, float]] = {
    "normal": (lambda rng, n: rng.normal(10, 1, n), 10.0),
    "lognormal": (lambda rng, n: rng.lognormal(0, 0.5, n), 1.0),
    "exponential": (lambda rng, n: rng.exponential(1, n), math.log(2)),
    "cauchy": (lambda rng, n: rng.standard_cauchy(n), 0.0),
    "uniform": (lambda rng, n: rng.uniform(0, 2, n), 1.0),
}


def assert_coverage(hits: int, trials: int, promised: float) -> None:
    from scipy.stats import binom

    """As many as a coin with the promised chance gives: 1.3 points off at most for 94 %."""
    low, high = binom.interval(1 - SURPRISE, trials, promised)
    assert low <= hits <= high


again = pytest.mark.thorough("test_median_intervals_hold_the_median_as_often_as_they_say")


@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize("n", [5, 20, *marked(again, 6, 51)])
def test_median_intervals_hold_the_median_as_often_as_they_say(name: str, n: int) -> None:
    draw, truth = DISTRIBUTIONS[name]
    rng = np.random.default_rng(20261122)
    intervals = [median_interval(draw(rng, n).tolist()) for _ in range(TRIALS)]
    hits = sum(interval.low <= truth <= interval.high for interval in intervals)
    assert_coverage(hits, TRIALS, intervals[0].confidence)


def test_intervals_over_processes_hold_the_median_where_pooling_would_not() -> None:
    """Processes differ by 2 %, samples within one by 0.5 %: pooling 5 x 40 is overconfident."""
    rng = np.random.default_rng(20261122)
    clustered = pooled = 0
    for _ in range(TRIALS):
        processes = rng.normal(1, 0.02, 5)
        clusters = [rng.normal(luck, 0.005, 40).tolist() for luck in processes]
        interval = clustered_median_interval(clusters)
        clustered += interval.low <= 1 <= interval.high
        naive = median_interval([sample for cluster in clusters for sample in cluster])
        pooled += naive.low <= 1 <= naive.high
    assert_coverage(clustered, TRIALS, 0.9375)
    assert pooled / TRIALS < 0.7


def test_ratio_intervals_hold_the_ratio_while_the_machine_changes_speed() -> None:
    rng = np.random.default_rng(20261122)
    hits = 0
    for _ in range(TRIALS):
        weather = rng.lognormal(0, 0.3, 5)
        slow = [[3.0 * w * rng.lognormal(0, 0.02)] for w in weather]
        fast = [(w * rng.lognormal(0, 0.02, 9)).tolist() for w in weather]
        interval = ratio_interval(slow, fast)
        hits += interval.low <= 3.0 <= interval.high
    assert_coverage(hits, TRIALS, 0.9375)
