"""Clopper and Pearson's bounds against tables, the binomial tails they invert, and coverage."""

import pytest

from hotloop.stats.proportion import at_most, proportion


def test_none_of_forty_is_at_most_seven_per_cent() -> None:
    # 1 - 0.05 ** (1/40)
    assert at_most(0, 40) == pytest.approx(0.0722, abs=5e-5)


def test_the_rule_of_three() -> None:
    assert at_most(0, 3000) == pytest.approx(3 / 3000, rel=0.01)


@pytest.mark.parametrize(
    ("count", "trials", "low", "high"),
    # R: binom.test(count, trials)$conf.int
    [(0, 10, 0.0, 0.3085), (1, 10, 0.0025, 0.4450), (5, 10, 0.1871, 0.8129), (10, 10, 0.6915, 1)],
)
def test_the_interval_is_that_of_tables(count: int, trials: int, low: float, high: float) -> None:
    found = proportion(count, trials)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize("trials", [1, 2, 7, 60, 2000])
def test_the_bounds_are_scipys(trials: int) -> None:
    from scipy.stats import binomtest

    for count in {0, 1, trials // 3, trials - 1, trials}:
        found, scipys = proportion(count, trials), binomtest(count, trials).proportion_ci(0.95)
        assert (found.low, found.high) == pytest.approx((scipys.low, scipys.high), abs=1e-9)
        one_sided = binomtest(count, trials, alternative="less").proportion_ci(0.95)
        assert at_most(count, trials) == pytest.approx(one_sided.high, abs=1e-9)


@pytest.mark.parametrize("true_rate", [0.001, 0.05, 0.5, 0.97])
def test_the_interval_holds_the_true_rate_often_enough(true_rate: float) -> None:
    from scipy.stats import binom

    trials = 60
    covered = sum(
        binom.pmf(count, trials, true_rate)
        for count in range(trials + 1)
        if proportion(count, trials).low <= true_rate <= proportion(count, trials).high
    )
    assert covered >= 0.95


@pytest.mark.parametrize(("count", "trials"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_are_refused(count: int, trials: int) -> None:
    with pytest.raises(ValueError, match="trials"):
        proportion(count, trials)
    with pytest.raises(ValueError, match="trials"):
        at_most(count, trials)
