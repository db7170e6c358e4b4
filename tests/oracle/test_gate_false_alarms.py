"""How often the rule is wrong, counted on noise whose truth is known."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from hotloop.gate.rule import decide_rows
from hotloop.gate.rule.decide import Rule, judge
from hotloop.gate.verdicts import Verdict
from hotloop.stats.proportion import Proportion, proportion

PAIRS = 34
RUNS = 4000

Draw = Callable[[np.random.Generator, int], np.ndarray]

# Symmetric, as the logarithm of the ratio of equal code is by construction: so many rows.
NOISES: dict[str, Draw] = {
    "normal": lambda rng, rows: rng.normal(0, 0.01, (rows, PAIRS)),
    "heavy tails": lambda rng, rows: 0.005 * rng.standard_t(1.5, (rows, PAIRS)),
    "two modes": lambda rng, rows: (
        rng.normal(0, 0.002, (rows, PAIRS)) + 0.02 * rng.integers(-1, 2, (rows, PAIRS))
    ),
    "changing spread": lambda rng, rows: (
        rng.normal(0, 0.002, (rows, PAIRS)) * np.geomspace(1, 20, PAIRS)
    ),
    "steps of a coarse clock": lambda rng, rows: np.round(rng.normal(0, 0.01, (rows, PAIRS)), 2),
}


def flagged(rule: Rule, draw: Draw, rng: np.random.Generator) -> Proportion:
    """How many runs of ``rule.benchmarks`` benchmarks flag any of them.

    Judged in rows, which tests of their own hold to decide as ``judge`` does.
    """
    walks = decide_rows.walk(rule, draw(rng, RUNS * rule.benchmarks))
    flags = walks.are(Verdict.SLOWER) | walks.are(Verdict.FASTER)
    return proportion(int(flags.reshape(RUNS, rule.benchmarks).any(axis=1).sum()), RUNS)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(
    "floor",
    [
        0.0,
        # Harder to pass by chance.
        pytest.param(
            0.005,
            marks=pytest.mark.thorough(
                "test_runs_on_equal_commits_flag_no_more_often_than_they_may"
            ),
        ),
    ],
)
def test_runs_on_equal_commits_flag_no_more_often_than_they_may(noise: str, floor: float) -> None:
    # A high rate, so that few runs can tell; no margin to speak of, so that every look is made.
    rule = Rule(0.2, floor, floor + 1e-6, benchmarks=2)
    found = flagged(rule, NOISES[noise], np.random.default_rng(20261122))
    # The union bound over looks costs almost half of the level: a rule that flags a quarter
    # more often fails here without a floor.
    assert found.high <= 0.6 * rule.false_alarms


def test_the_bound_is_used_and_not_only_kept() -> None:
    # A rule that never flags fails here.
    rule = Rule(0.2, 0.0, 1e-6, benchmarks=1)
    found = flagged(rule, NOISES["normal"], np.random.default_rng(1))
    assert found.low > rule.false_alarms / 4


@pytest.mark.parametrize(
    ("slowdown", "sd", "least"), [(0.02, 0.003, 0.99), (0.03, 0.006, 0.99), (0.05, 0.01, 0.99)]
)
def test_real_slowdowns_are_found(slowdown: float, sd: float, least: float) -> None:
    rule = Rule(0.01, 0.005, 0.015, benchmarks=8)
    rng = np.random.default_rng(7)
    runs = 200
    found = 0
    for _ in range(runs):
        judgement = judge(rule, (rng.normal(0, sd, PAIRS) + math.log1p(slowdown)).tolist())
        found += judgement is not None and judgement.verdict is Verdict.SLOWER
    assert found / runs >= least


def test_equal_code_is_same_and_takes_few_pairs() -> None:
    rule = Rule(0.01, 0.005, 0.015, benchmarks=8)
    rng = np.random.default_rng(9)
    judgements = [judge(rule, rng.normal(0, 0.004, PAIRS).tolist()) for _ in range(200)]
    assert all(j is not None and j.verdict is Verdict.SAME for j in judgements)
    assert np.mean([j.pairs for j in judgements if j is not None]) < 10
