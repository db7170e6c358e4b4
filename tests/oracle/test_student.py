"""Student's interval: SciPy's numbers, and how often it holds the truth."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from hotloop.stats import student


@pytest.mark.parametrize("n", [2, 5, 12, 60])
@pytest.mark.parametrize("level", [0.005, 0.025, 0.3])
def test_bounds_are_those_of_scipy(n: int, level: float) -> None:
    from scipy import stats

    rows = np.random.default_rng(n).normal(0.3, 2.0, (20, n))
    low, high = student.bounds(rows, level)
    for row, below, above in zip(rows, low, high, strict=True):
        expected = stats.ttest_1samp(row, 0.0).confidence_interval(1 - 2 * level)
        assert (below, above) == pytest.approx((expected.low, expected.high), rel=1e-9)


@pytest.mark.filterwarnings("ignore:Precision loss")
@pytest.mark.parametrize("n", [4, 6, 10, 23])
@pytest.mark.parametrize("level", [0.005, 0.1])
def test_trimmed_bounds_are_those_of_scipys_test(n: int, level: float) -> None:
    from scipy import stats

    rows = np.random.default_rng(n).normal(0.3, 2.0, (20, n))
    _, high = student.trimmed_bounds(rows, level)
    for row, above in zip(rows, high, strict=True):
        # SciPy has Yuen's test for two samples only. One whose values are all alike adds no error
        # of its own, and no degree of freedom.
        other = np.full(1000 * n, above)
        found = stats.ttest_ind(row, other, equal_var=False, trim=max(0.2, 1 / n))
        assert found.pvalue / 2 == pytest.approx(level, rel=1e-6)


def test_values_that_are_all_alike_leave_no_doubt() -> None:
    low, high = student.bounds(np.full((1, 5), 0.25), 0.005)
    assert (low[0], high[0]) == (0.25, 0.25)


SHAPE = (40_000, 5)
DRAWS: dict[str, Callable[[np.random.Generator], student.Array]] = {
    "normal": lambda rng: rng.normal(0, 1, SHAPE),
    "heavy tails": lambda rng: rng.standard_t(2, SHAPE),
    # All five on one side: 1 in 32, and nothing scatters.
    "two values": lambda rng: rng.choice([-1.0, 1.0], SHAPE),
}


@pytest.mark.parametrize(
    ("name", "most"), [("normal", 0.014), ("heavy tails", 0.014), ("two values", 0.045)]
)
def test_five_values_put_the_centre_too_low_no_more_often_than_stated(
    name: str, most: float
) -> None:
    rows = DRAWS[name](np.random.default_rng(20261127))
    _, high = student.bounds(rows, 0.01)
    assert np.mean(high < 0) <= most


def test_one_wild_value_moves_the_trimmed_interval_little() -> None:
    quiet = np.array([[0.1, -0.2, 0.05, 0.15, -0.1, 0.0, 0.02]])
    wild = quiet.copy()
    wild[0, 2] = 30.0
    (low,), (high,) = student.trimmed_bounds(wild, 0.005)
    assert -0.5 < low < high < 0.6
    assert student.bounds(wild, 0.005)[1][0] > 10


@pytest.mark.parametrize("n", [6, 8, 12])
def test_trimmed_bounds_hold_the_centre_of_normal_values_as_stated(n: int) -> None:
    rows = np.random.default_rng(n).normal(0, 1, (40_000, n))
    _, high = student.trimmed_bounds(rows, 0.01)
    assert np.mean(high < 0) <= 0.014


@pytest.mark.parametrize(("n", "level"), [(1, 0.01), (5, 0.0), (5, 0.5), (5, math.nan)])
def test_what_makes_no_interval_is_refused(n: int, level: float) -> None:
    with pytest.raises(ValueError, match=r"spread|level"):
        student.bounds(np.zeros((1, n)), level)


def test_trimming_has_to_leave_two_values() -> None:
    with pytest.raises(ValueError, match="spread"):
        student.trimmed_bounds(np.zeros((1, 3)), 0.01)
