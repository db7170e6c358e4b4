"""Benjamini and Hochberg's step-up over the benchmarks of a run."""

import math
import random
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from hotloop.gate.rule.decide import Judgement, Rule, judge
from hotloop.gate.rule.discoveries import discovered, is_discovered
from hotloop.gate.rule.limits import allowance_s
from hotloop.gate.verdicts import Control, Verdict

RULE = Rule(0.05, 0.005, 0.015, 20, Control.DISCOVERIES)


def judged(p_value: float, verdict: Verdict = Verdict.UNDECIDED) -> Judgement:
    return Judgement(verdict, 1.02, 1.0, 1.04, 1.0, 15, None, p_value, Verdict.SLOWER)


def test_the_adjusted_p_values_are_scipy_s() -> None:
    from scipy.stats import false_discovery_control

    rng = np.random.default_rng(2)
    p_values = [*rng.uniform(0, 1e-3, 8), *rng.uniform(0, 1, 12)]
    found = discovered(RULE, [judged(p) for p in p_values])
    expected = false_discovery_control(p_values, method="bh")
    assert [each.p_value for each in found if each] == pytest.approx(list(expected))
    flagged = [each is not None and each.verdict is Verdict.SLOWER for each in found]
    assert flagged == [bool(p <= 0.05) for p in expected]
    assert 8 <= sum(flagged) < 20


def test_one_benchmark_is_flagged_by_the_evidence_on_others() -> None:
    weak = judged(0.004)
    assert discovered(RULE, [weak, *[judged(1.0)] * 19])[0] == replace(weak, p_value=0.08)
    strong = [judged(1e-6, Verdict.SLOWER)] * 3
    helped = discovered(RULE, [weak, *strong, *[judged(1.0)] * 16])[0]
    assert helped == replace(weak, verdict=Verdict.SLOWER, p_value=0.02)


def test_what_is_the_same_or_has_no_figures_neither_helps_nor_changes() -> None:
    rows = [judged(1e-9, Verdict.SAME), None, judged(0.004)]
    assert discovered(RULE, rows)[:2] == rows[:2]
    assert discovered(RULE, rows)[2] == replace(judged(0.004), p_value=0.08)


def test_under_the_other_control_nothing_changes() -> None:
    rows = [judged(0.0)] * 20
    assert discovered(replace(RULE, control=Control.ALARMS), rows) == rows


def test_one_that_is_discovered_with_those_so_far_stays_so() -> None:
    rng = random.Random(4)
    for _ in range(200):
        p_values = sorted(rng.random() ** 6 for _ in range(20))
        flagged: list[float] = []
        for p in p_values:
            if is_discovered(RULE, p, len(flagged)):
                flagged.append(p)
        found = discovered(RULE, [judged(p) for p in p_values])
        last = {p for p, each in zip(p_values, found, strict=True)
                if each and each.verdict is Verdict.SLOWER}  # fmt: skip
        assert set(flagged) <= last


def test_the_sequential_p_value_is_adjusted_for_looks_and_directions_alone() -> None:
    rng = random.Random(6)
    values = [rng.gauss(0.02, 0.01) for _ in range(15)]
    judgement = judge(RULE, values)
    assert judgement is not None
    assert judgement.claim is Verdict.SLOWER
    assert judgement.p_value == pytest.approx(min(1.0, 20 * judgement.sequential_p))
    downwards = judge(RULE, [-value for value in values])
    assert downwards is not None
    assert downwards.claim is Verdict.FASTER
    assert downwards.p_value == pytest.approx(min(1.0, 20 * downwards.sequential_p))


@pytest.mark.thorough(
    "test_the_sequential_p_value_is_adjusted_for_looks_and_directions_alone",
    "unit/test_gate_decide.py::test_slower_is_said_exactly_where_the_p_value_says_so",
    "unit/test_gate_decide.py::"
    "test_all_levels_of_all_looks_and_benchmarks_sum_to_at_most_the_false_alarms",
)
@pytest.mark.parametrize("chance", [0.05, 0.2])
def test_sequential_p_values_are_as_rare_as_they_say(chance: float) -> None:
    # A chance of 0.2 that is 0.3 in truth fails, and one of 0.05 that is 0.1.
    runs = 900
    small = sum(p <= chance for p in smallest_on_equal_code(runs))
    assert small / runs <= chance + 3 * math.sqrt(chance * (1 - chance) / runs)


@cache
def smallest_on_equal_code(runs: int) -> list[float]:
    """Of each run that is judged, the value where it is smallest; without a floor."""
    rule = Rule(0.01, 0.0, 1e-9, 1, Control.DISCOVERIES)
    rng = np.random.default_rng(3)
    judged_runs = (judge(rule, rng.normal(0, 0.01, 30).tolist()) for _ in range(runs))
    return [judgement.sequential_p for judgement in judged_runs if judgement is not None]


def test_the_usual_time_is_that_of_false_alarms() -> None:
    for benchmarks in (1, 8, 500):
        rules = [
            Rule(level, 0.005, 0.015, benchmarks, control)
            for level, control in ((0.01, Control.ALARMS), (0.05, Control.DISCOVERIES))
        ]
        alarms, found = (allowance_s(rule, np.full(benchmarks, 0.6)) for rule in rules)
        assert found == alarms
        # Sooner looks, so more of them in that time.
        assert rules[1].first_look <= rules[0].first_look
