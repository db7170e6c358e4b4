"""Simulated error rates: within the level on any symmetric noise, and as large as theory says."""

import math
import random
from collections.abc import Callable
from functools import cache, partial

import numpy as np
import pytest
from numpy.typing import NDArray

from hotloop.base.clock import ManualClock
from hotloop.gate.model import Benchmark, Kind, Pair, Timing
from hotloop.gate.pairs.executor import ScriptedPairs
from hotloop.gate.rule import campaign, simulate
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.limits import Limits
from hotloop.gate.rule.simulate import SLOWDOWNS, Noise
from hotloop.gate.verdicts import Verdict
from hotloop.stats import signed_rank
from scripts.error_rates.drawn import AtOnce
from tests.parameters import marked

RUNS = 1000
CAMPAIGNS = 80
PAIR_S = 0.4
BUDGET_S = 12.0
# Loose, so that false alarms are frequent enough to be seen in so few runs.
RULE = Rule(false_alarms=0.2, floor=0.0, margin=0.01, benchmarks=2)


def symmetric(values: NDArray[np.float64]) -> tuple[float, ...]:
    """As noise of equal code is: each value as likely as its opposite."""
    return tuple(np.concatenate([values, -values]).tolist())


def noises(kind: str) -> list[Noise]:
    rng = np.random.default_rng(11)
    drawn = {
        "normal": rng.normal(0, 0.01, (2, 200)),
        "heavy": rng.standard_t(1.5, (2, 200)) * 0.005,
        "skewed": rng.exponential(0.01, (2, 200)),
        "two heaps": rng.choice([0.001, 0.03], (2, 200)) + rng.normal(0, 0.001, (2, 200)),
    }[kind]
    return [Noise(symmetric(values), PAIR_S) for values in drawn]


@cache
def simulated(kind: str) -> simulate.Simulation:
    return simulate.simulate(noises(kind), RULE, BUDGET_S, RUNS, np.random.default_rng(5))


again = pytest.mark.thorough("test_false_alarms_stay_within_the_level")


@pytest.mark.parametrize("kind", ["normal", "heavy", *marked(again, "skewed", "two heaps")])
def test_false_alarms_stay_within_the_level(kind: str) -> None:
    assert simulated(kind).false_alarms.low <= RULE.false_alarms


def test_a_bias_shows_as_false_alarms() -> None:
    biased = [
        Noise(tuple(d + 0.02 for d in noise.log_ratios), PAIR_S) for noise in noises("normal")
    ]
    found = simulate.simulate(biased, RULE, BUDGET_S, RUNS, np.random.default_rng(5))
    assert found.false_alarms.rate > 0.9
    assert found.false_slower == found.false_alarms


def test_skew_is_kept_as_recorded() -> None:
    skewed = Noise(tuple(np.random.default_rng(1).exponential(0.01, 200).tolist()), PAIR_S)
    found = simulate.simulate([skewed], RULE, BUDGET_S, RUNS, np.random.default_rng(5))
    assert found.false_slower.rate > 0.9


def test_swapped_sides_have_no_bias_and_keep_the_level() -> None:
    biased = [
        Noise(tuple(d + 0.02 for d in noise.log_ratios), PAIR_S) for noise in noises("normal")
    ]
    found = simulate.simulate(biased, RULE, BUDGET_S, RUNS, np.random.default_rng(5))
    assert found.false_alarms.rate > 0.9
    assert found.swapped_false_alarms.low <= RULE.false_alarms


def test_few_pairs_drawn_often_look_biased_by_chance() -> None:
    from scipy.stats import norm

    """Why equal commits are simulated twice: thirty pairs, drawn two hundred times."""
    # Normal, and off by as much as the mean of thirty is in one case of three.
    pairs = norm.ppf((np.arange(30) + 0.5) / 30, loc=30**-0.5) * 0.01
    assert signed_rank.interval(pairs, 0.95).low < 0.0
    rule = Rule(false_alarms=0.05, floor=0.0, margin=0.0001, benchmarks=1)
    noise = Noise(tuple(pairs), PAIR_S)
    found = simulate.simulate([noise], rule, 200 * PAIR_S, 500, np.random.default_rng(5))
    assert found.false_alarms.low > rule.false_alarms
    assert found.swapped_false_alarms.low <= rule.false_alarms


def test_the_kernel_widens_with_the_bulk_and_not_with_the_wild() -> None:
    rng = np.random.default_rng(8)
    calm = rng.normal(0, 0.01, 30)
    wild = np.append(calm[:-2], [0.5, -0.5])
    width = simulate.kernel_width(tuple(calm))
    assert width == pytest.approx(0.9 * 0.01 * 30**-0.2, rel=0.4)
    assert simulate.kernel_width(tuple(wild)) == pytest.approx(width, rel=0.3)
    assert simulate.kernel_width((0.0,) * 29 + (0.01,)) == 0.0
    assert simulate.kernel_width((0.3,)) == 0.0


def test_power_rises_with_the_slowdown_and_reaches_what_is_plain() -> None:
    for rates in simulated("normal").benchmarks:
        shares = [share.rate for share in rates.power]
        assert shares == sorted(shares)
        assert shares[SLOWDOWNS.index(0.10)] == 1.0
        nine, ninety_nine = rates.detectable
        assert nine is not None
        assert ninety_nine is not None
        assert 0.0 < nine <= ninety_nine < 0.05


@pytest.mark.parametrize(("pairs_short", "beyond_the_floor"), [(0, 1.0), (1, 0.0)])
def test_without_noise_the_first_look_sees_all_beyond_the_floor(
    pairs_short: int, beyond_the_floor: float
) -> None:
    rule = Rule(false_alarms=0.01, floor=0.005, margin=0.015, benchmarks=1)
    budget_s = PAIR_S * (rule.first_look - pairs_short + 0.5)
    still = Noise((0.0,) * 9, PAIR_S)
    (rates,) = simulate.simulate([still], rule, budget_s, 100, np.random.default_rng(1)).benchmarks
    # 0.5 % is the floor itself. 1 % is within the margin too, and still not called the same.
    assert [share.rate for share in rates.power] == [0.0, *[beyond_the_floor] * 5]


def test_more_budget_sees_more() -> None:
    short, long = (
        simulate.simulate(noises("normal"), RULE, budget_s, 300, np.random.default_rng(5))
        for budget_s in (8.0, 80.0)
    )
    for less, more in zip(short.benchmarks, long.benchmarks, strict=True):
        assert less.detectable[0] is not None
        assert more.detectable[0] is not None
        assert more.detectable[0] < less.detectable[0]
        assert more.undecided.rate < less.undecided.rate


def test_the_same_seed_gives_the_same_rates() -> None:
    again = [
        simulate.simulate(noises("heavy"), RULE, BUDGET_S, 100, np.random.default_rng(seed))
        for seed in (5, 5, 6)
    ]
    assert again[0] == again[1] != again[2]


def spend(clock: ManualClock, seconds: float) -> None:
    clock.sleep_ns(round(seconds * 1e9))


def resampled(noise: Noise, rng: np.random.Generator) -> Callable[[int], Pair]:
    def pair(_number: int) -> Pair:
        ratio = float(rng.choice(noise.log_ratios))
        return Pair(Timing.TURNS, ratio, 1.0, 1.0, 9, 1, noise.pair_s)

    return pair


def test_simulated_runs_are_those_of_a_campaign() -> None:
    from scipy.stats import binom

    """Real campaigns of resampled pairs, one by one, flag as often and take as long."""
    recorded = noises("normal")
    rng = np.random.default_rng(23)
    benchmarks = [
        Benchmark(f"suite.time_{n}", (), None, Kind.TIME, "seconds", 60.0) for n in range(2)
    ]
    outcomes, elapsed_s = [], []
    for number in range(CAMPAIGNS):
        clock = ManualClock()
        script = {
            benchmark.label: resampled(noise, rng)
            for benchmark, noise in zip(benchmarks, recorded, strict=True)
        }
        executor = ScriptedPairs(script, on_measure=partial(spend, clock))
        found = campaign.run(
            benchmarks, executor, RULE, Limits(budget_s=BUDGET_S), clock,
            random.Random(number), lambda _what, _done: None, threads=AtOnce,
        )  # fmt: skip
        outcomes.append(any(e.verdict in (Verdict.SLOWER, Verdict.FASTER) for e in found.findings))
        elapsed_s.append(found.elapsed_s)
    expected = simulated("normal")
    low, high = binom.interval(0.999, CAMPAIGNS, expected.false_alarms.rate)
    assert low <= np.count_nonzero(outcomes) <= high
    assert np.median(elapsed_s) == pytest.approx(expected.seconds, abs=3 * PAIR_S)


@pytest.mark.parametrize(
    ("log_ratios", "pair_s"), [((), 1.0), ((math.inf,), 1.0), ((0.0,), 0.0), ((0.0,), math.nan)]
)
def test_noise_that_is_none_is_refused(log_ratios: tuple[float, ...], pair_s: float) -> None:
    with pytest.raises(ValueError, match="pair"):
        Noise(log_ratios, pair_s)


def test_nothing_to_simulate_is_refused() -> None:
    with pytest.raises(ValueError, match="0 benchmarks"):
        simulate.simulate([], RULE, BUDGET_S, RUNS, np.random.default_rng(1))
