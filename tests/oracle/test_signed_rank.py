"""The signed-rank test against a published table, scipy, a literal count, and its own coverage."""

import itertools
import math
import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.stats import signed_rank
from tests.parameters import marked

# Nothing winsorised: the test that tables and other programs know.
WILCOXON = 0.0

values_lists = st.lists(
    st.floats(-1e6, 1e6, allow_nan=False, allow_infinity=False), min_size=1, max_size=10
)


@pytest.mark.parametrize(
    ("n", "largest_sum_against", "tail"),
    [
        # Wilcoxon 1945, table II, and Hollander, Wolfe and Chicken 2014, table A.4:
        # P(T <= t) for the smaller rank sum t.
        (5, 0, 0.03125),
        (7, 2, 0.0234),
        (8, 3, 0.0195),
        (10, 8, 0.0244),
        (10, 3, 0.0049),
        (12, 13, 0.0212),
        (15, 25, 0.0240),
        (20, 52, 0.0242),
    ],
)
def test_tails_are_those_of_the_published_tables(
    n: int, largest_sum_against: int, tail: float
) -> None:
    # Signs such that the ranks against the claim sum to the table's entry.
    against = _ranks_with_sum(n, largest_sum_against)
    values = [-rank if rank in against else rank for rank in range(1, n + 1)]
    assert signed_rank.p_value_above(values, 0.0, WILCOXON) == pytest.approx(tail, abs=5e-5)


def _ranks_with_sum(n: int, total: int) -> set[int]:
    ranks = set()
    for rank in range(n, 0, -1):
        if rank <= total:
            ranks.add(rank)
            total -= rank
    assert total == 0
    return ranks


@pytest.mark.parametrize("n", [5, 11, 15, 26, 45])
def test_p_values_and_scipys_exact_ones_agree(n: int) -> None:
    from scipy.stats import wilcoxon

    rng = np.random.default_rng(n)
    for _ in range(5):
        values = (rng.standard_t(2, n) + 0.3).tolist()
        expected = wilcoxon(values, alternative="greater", method="exact").pvalue
        found = signed_rank.p_value_above(values, 0.0, WILCOXON)
        assert found == pytest.approx(expected, rel=1e-9)


@given(values_lists, st.sampled_from([0.0, 0.5, -1.0]), st.sampled_from([0.0, 0.25, 0.5, 0.9]))
def test_p_value_is_the_share_of_sign_patterns_that_say_as_much(
    values: list[float], centre: float, winsorised: float
) -> None:
    from scipy.stats import rankdata

    distances = np.asarray(values) - centre
    largest = max(1, math.ceil((1 - winsorised) * len(values)))
    ranks = np.minimum(rankdata(np.abs(distances)), largest)
    observed = ranks[distances > 0].sum()
    patterns = list(itertools.product((0, 1), repeat=len(values)))
    count = sum(np.dot(pattern, ranks) >= observed - 1e-9 for pattern in patterns)
    expected = count / len(patterns)
    found = signed_rank.p_value_above(values, centre, winsorised)
    assert found == pytest.approx(expected, rel=1e-12)


@given(values_lists)
def test_the_claim_below_mirrors_the_claim_above(values: list[float]) -> None:
    mirrored = [-value for value in values]
    assert signed_rank.p_value_below(values, 0.5) == signed_rank.p_value_above(mirrored, -0.5)


@given(values_lists, st.randoms(use_true_random=False))
def test_order_of_the_values_does_not_matter(values: list[float], rng: random.Random) -> None:
    shuffled = list(values)
    rng.shuffle(shuffled)
    assert signed_rank.p_value_above(values, 0.0) == signed_rank.p_value_above(shuffled, 0.0)
    assert signed_rank.interval(values, 0.95) == signed_rank.interval(shuffled, 0.95)


def test_values_at_the_centre_count_against_the_claim() -> None:
    assert signed_rank.p_value_above([0.0] * 20, 0.0) == 1.0
    assert signed_rank.p_value_above([0.0, 1.0, 2.0], 0.0) == 0.25


def test_infinite_values_rank_highest_and_give_a_p_value() -> None:
    assert signed_rank.p_value_above([math.inf] * 7, 0.0) == 2.0**-7
    assert signed_rank.p_value_above([math.inf, -1.0], 0.0, WILCOXON) == 0.5


@pytest.mark.parametrize("n", [1, 7, 40])
def test_full_separation_gives_the_smallest_p_value_there_is(n: int) -> None:
    values = [1.0 + k for k in range(n)]
    assert signed_rank.p_value_above(values, 0.0) == 0.5**n
    assert signed_rank.is_reachable(n, 0.5**n)
    assert not signed_rank.is_reachable(n, math.nextafter(0.5**n, 0))


def test_estimate_and_interval_are_those_of_r() -> None:
    # R 4.3: x <- c(1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30) -
    #             c(0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29)
    # wilcox.test(x, conf.int = TRUE): V = 40, p = 0.03906, estimate 0.46,
    # interval 0.010 to 0.786 (Hollander and Wolfe, table 3.1: depression scale).
    first = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
    second = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
    x = [a - b for a, b in zip(first, second, strict=True)]
    assert 2 * signed_rank.p_value_above(x, 0.0, WILCOXON) == pytest.approx(0.0390625)
    found = signed_rank.interval(x, 0.95, WILCOXON)
    assert found.estimate == pytest.approx(0.46, abs=5e-3)
    assert (found.low, found.high) == pytest.approx((0.010, 0.786), abs=5e-4)


@given(
    st.lists(st.integers(-1000, 1000).map(float), min_size=1, max_size=12),
    st.sampled_from([0.9, 0.95, 0.98]),
)
def test_the_interval_holds_exactly_what_the_test_does_not_reject(
    values: list[float], confidence: float
) -> None:
    found = signed_rank.interval(values, confidence)
    level = (1.0 - confidence) / 2
    if 1.0 - 2.0 ** (1 - len(values)) >= confidence:
        step = 1e-6
        assert signed_rank.p_value_above(values, found.low - step) <= level
        assert signed_rank.p_value_below(values, found.high + step) <= level
    else:
        # Too few values: the extremes, and what they promise.
        assert (found.low, found.high) == (min(values), max(values))
        assert found.confidence == pytest.approx(1.0 - 2.0 ** (1 - len(values)))


@given(st.lists(st.integers(-1000, 1000).map(float), min_size=1, max_size=12))
def test_shifting_shifts_and_negating_mirrors_the_interval(values: list[float]) -> None:
    found = signed_rank.interval(values, 0.95)
    shifted = signed_rank.interval([value + 8.0 for value in values], 0.95)
    mirrored = signed_rank.interval([-value for value in values], 0.95)
    moved = (found.low + 8.0, found.estimate + 8.0, found.high + 8.0)
    assert (shifted.low, shifted.estimate, shifted.high) == pytest.approx(moved)
    assert (mirrored.low, mirrored.high) == (-found.high, -found.low)


DRAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda rng, n: rng.normal(0, 1, n),
    "student": lambda rng, n: rng.standard_t(1.5, n),
    "laplace": lambda rng, n: rng.laplace(0, 1, n),
    "uniform": lambda rng, n: rng.uniform(-1, 1, n),
}


@pytest.mark.parametrize(
    "n",
    [
        8,
        pytest.param(
            9,
            marks=pytest.mark.thorough(
                "test_intervals_hold_the_centre_as_often_as_they_promise",
                "test_so_do_those_of_many_values",
            ),
        ),
    ],
)
@pytest.mark.parametrize("noise", DRAWS)
def test_intervals_hold_the_centre_as_often_as_they_promise(n: int, noise: str) -> None:
    """Exactly: of values as likely as their opposites, every choice of signs is as likely."""
    values = DRAWS[noise](np.random.default_rng(n), n)
    signs = itertools.product((1, -1), repeat=n)
    found = [signed_rank.interval((values * chosen).tolist(), 0.95) for chosen in signs]
    held = sum(interval.low <= 0.0 <= interval.high for interval in found)
    assert {interval.confidence for interval in found} == {held / 2**n}


again = pytest.mark.thorough("test_so_do_those_of_many_values")


@pytest.mark.parametrize("noise", ["student", *marked(again, "normal", "laplace", "uniform")])
def test_so_do_those_of_many_values(noise: str) -> None:
    rng, runs = np.random.default_rng(26), 600
    found = [signed_rank.interval(DRAWS[noise](rng, 26).tolist(), 0.95) for _ in range(runs)]
    held = sum(interval.low <= 0.0 <= interval.high for interval in found)
    promised = found[0].confidence
    # Two standard errors; the draws are always these.
    assert abs(held / runs - promised) < 2 * math.sqrt(promised * (1 - promised) / runs)


@pytest.mark.parametrize("bad", [[], [math.nan], [1.0, math.nan]])
def test_no_values_and_not_a_number_are_refused(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="values"):
        signed_rank.p_value_above(bad, 0.0)
    with pytest.raises(ValueError, match="values"):
        signed_rank.interval(bad, 0.95)


def test_an_interval_of_infinite_values_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        signed_rank.interval([1.0, math.inf], 0.95)


@pytest.mark.parametrize("winsorised", [-0.1, 1.0, math.nan])
def test_an_impossible_winsorised_part_is_refused(winsorised: float) -> None:
    with pytest.raises(ValueError, match="winsorised"):
        signed_rank.p_value_above([1.0], 0.0, winsorised)


def test_one_wild_value_outweighs_little_where_scores_are_winsorised() -> None:
    values = [-100.0] + [1.0 + k / 10 for k in range(19)]
    assert signed_rank.p_value_above(values, 0.0) < signed_rank.p_value_above(values, 0.0, WILCOXON)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.5, math.nan])
def test_a_confidence_outside_its_range_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        signed_rank.interval([1.0, 2.0], confidence)


def test_huge_values_do_not_overflow_their_means() -> None:
    assert signed_rank.interval([1.7e308, 1.7e308], 0.5).estimate == 1.7e308
