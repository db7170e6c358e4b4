import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.stats.interval import (
    Interval,
    clustered_median_interval,
    median_interval,
    ratio_interval,
)

positive = st.floats(1e-6, 1e6)
samples = st.lists(positive, min_size=1, max_size=60)


@given(samples)
def test_the_estimate_is_the_median_and_lies_within(values: list[float]) -> None:
    interval = median_interval(values)
    assert interval.estimate == statistics.median(values)
    assert min(values) <= interval.low <= interval.estimate <= interval.high <= max(values)
    assert interval.n == len(values)


@given(samples, st.randoms(use_true_random=False))
def test_the_order_of_samples_changes_nothing(values: list[float], rng: random.Random) -> None:
    shuffled = list(values)
    rng.shuffle(shuffled)
    assert median_interval(shuffled) == median_interval(values)


@given(samples, st.integers(-8, 8))
def test_scaling_the_samples_scales_the_interval(values: list[float], exponent: int) -> None:
    factor = 2.0**exponent
    scaled, plain = median_interval([v * factor for v in values]), median_interval(values)
    assert (scaled.low, scaled.estimate, scaled.high) == (
        plain.low * factor,
        plain.estimate * factor,
        plain.high * factor,
    )


@given(st.lists(positive, min_size=6, max_size=200, unique=True))
def test_bounds_are_those_of_scipys_quantile_test(values: list[float]) -> None:
    from scipy.stats import quantile_test

    # scipy's bounds are one-sided at half of alpha each, as ours are.
    ours = median_interval(values, 0.95)
    theirs = quantile_test(values, p=0.5).confidence_interval(0.95)
    assert (ours.low, ours.high) == (theirs.low, theirs.high)


@pytest.mark.parametrize(
    ("n", "trimmed", "confidence"),
    [
        # Conover, Practical Nonparametric Statistics, 3rd ed., table A3 (binomial, p = 0.5).
        (1, 0, 0.0),
        (2, 0, 0.5),
        (5, 0, 0.9375),
        (6, 0, 0.96875),
        (8, 0, 0.9921875),
        (9, 1, 0.9609375),
        (20, 5, 0.9586105346679688),
    ],
)
def test_trimming_and_achieved_confidence_agree_with_binomial_tables(
    n: int, trimmed: int, confidence: float
) -> None:
    values = [float(i) for i in range(n)]
    interval = median_interval(values, 0.95)
    assert (interval.low, interval.high) == (trimmed, n - 1 - trimmed)
    assert interval.confidence == pytest.approx(confidence, abs=1e-12)


@given(st.lists(samples, min_size=1, max_size=9))
def test_the_pooled_median_lies_within_the_interval_between_processes(
    clusters: list[list[float]],
) -> None:
    interval = clustered_median_interval(clusters)
    assert interval.estimate == statistics.median([v for c in clusters for v in c])
    assert interval.n == len(clusters)


def test_many_samples_of_one_process_buy_no_confidence() -> None:
    few = clustered_median_interval([[1.0], [1.1], [1.2], [1.3], [1.4]])
    many = clustered_median_interval([[m] * 1000 for m in (1.0, 1.1, 1.2, 1.3, 1.4)])
    assert (many.low, many.high, many.confidence) == (few.low, few.high, few.confidence)


clusters = st.lists(st.lists(positive, min_size=1, max_size=5), min_size=5, max_size=5)


@given(clusters, clusters)
def test_swapping_sides_inverts_the_ratio(
    top: list[list[float]], bottom: list[list[float]]
) -> None:
    ratio, inverse = ratio_interval(top, bottom), ratio_interval(bottom, top)
    assert ratio.estimate == pytest.approx(1 / inverse.estimate)
    assert ratio.low == pytest.approx(1 / inverse.high)
    assert ratio.high == pytest.approx(1 / inverse.low)


def test_what_slows_both_contenders_cancels_in_the_ratio() -> None:
    slow_and_fast_sets = [1.0, 3.0, 1.5, 2.0, 0.7]
    ratio = ratio_interval(
        [[6 * w] for w in slow_and_fast_sets], [[2 * w] for w in slow_and_fast_sets]
    )
    assert (ratio.low, ratio.high) == pytest.approx((3, 3))


def test_a_constant_ratio_of_one_is_exact() -> None:
    assert ratio_interval([[2.0], [3.0]], [[2.0], [3.0]]).estimate == 1.0


@pytest.mark.parametrize("values", [[], [math.nan], [1.0, math.inf]])
def test_no_interval_without_finite_values(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"values|median"):
        median_interval(values)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95, -1])
def test_confidence_is_a_probability(confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        median_interval([1.0, 2.0], confidence)


def test_a_ratio_of_unpaired_or_zero_medians_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratio_interval([[1.0]], [[1.0], [2.0]])
    with pytest.raises(ValueError, match="says nothing"):
        ratio_interval([[1.0]], [[0.0]])
    with pytest.raises(ValueError, match="without samples"):
        ratio_interval([[]], [[1.0]])


def test_an_interval_must_hold_its_estimate() -> None:
    with pytest.raises(ValueError, match="not within"):
        Interval(1.0, 2.0, 3.0, 0.95, 5)


def test_the_half_width_is_relative_to_the_estimate() -> None:
    assert Interval(2.0, 1.9, 2.1, 0.95, 5).relative_half_width == pytest.approx(0.05)
    assert Interval(0.0, 0.0, 0.0, 0.95, 5).relative_half_width == math.inf
