"""How often the rule is wrong, counted on noise whose truth is known."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from hotloop.gate.rule.decide import Rule, judge
from hotloop.gate.verdicts import Verdict

PAIRS = 34

Draw = Callable[[np.random.Generator], np.ndarray]

# Symmetric, as the logarithm of the ratio of equal code is by construction.
NOISES: dict[str, Draw] = {
    "normal": lambda rng: rng.normal(0, 0.01, PAIRS),
    "heavy tails": lambda rng: 0.005 * rng.standard_t(1.5, PAIRS),
    "two modes": lambda rng: rng.normal(0, 0.002, PAIRS) + 0.02 * rng.integers(-1, 2, PAIRS),
    "changing spread": lambda rng: rng.normal(0, 0.002, PAIRS) * np.geomspace(1, 20, PAIRS),
    "steps of a coarse clock": lambda rng: np.round(rng.normal(0, 0.01, PAIRS), 2),
}


def flagged(rule: Rule, draw: Draw, rng: np.random.Generator, shift: float = 0.0) -> bool:
    """Whether a run of ``rule.benchmarks`` benchmarks flags any of them."""
    judgements = [judge(rule, (draw(rng) + shift).tolist()) for _ in range(rule.benchmarks)]
    return any(j is not None and j.verdict in (Verdict.SLOWER, Verdict.FASTER) for j in judgements)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("floor", [0.0, 0.005])
def test_runs_on_equal_commits_flag_no_more_often_than_they_may(noise: str, floor: float) -> None:
    # A high rate, so that few runs can tell; no margin to speak of, so that every look is made.
    false_alarms, runs = 0.2, 250
    rule = Rule(false_alarms, floor, floor + 1e-6, benchmarks=2)
    rng = np.random.default_rng(20261122)
    count = sum(flagged(rule, NOISES[noise], rng) for _ in range(runs))
    error = math.sqrt(false_alarms * (1 - false_alarms) / runs)
    assert count / runs <= false_alarms + 3 * error


def test_the_bound_is_used_and_not_only_kept() -> None:
    # The union bound over looks costs about half of the level: a rule that never flags fails here.
    rule = Rule(0.2, 0.0, 1e-6, benchmarks=1)
    rng = np.random.default_rng(1)
    count = sum(flagged(rule, NOISES["normal"], rng) for _ in range(400))
    assert count / 400 > 0.05


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
