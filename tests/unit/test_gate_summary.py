"""From pairs to rows: what counts as noise, and what numbers cannot overrule."""

from dataclasses import replace

import pytest

from hotloop.gate import doubts as gate_doubts
from hotloop.gate.model import Effort, Stop
from hotloop.gate.rule.decide import Rule
from hotloop.gate.summary import judge_again, noise
from hotloop.gate.verdicts import Verdict
from tests.gate_runs import BROKEN, LOOKS_SLOWER, SAME, UNDECIDED, result


def test_noise_is_the_median_of_robust_deviations() -> None:
    quiet, loud, wild = [0.0, 0.01, -0.01, 0.01, -0.01], [0.0, 0.02, -0.02, 0.02, -0.02], [0.0] * 5
    assert noise([quiet, loud, wild]) == pytest.approx(0.014826, rel=1e-5)


def test_one_bad_pair_is_no_noise() -> None:
    assert noise([[0.0, 0.0, 0.0, 0.0, 0.5]]) == 0


def test_four_pairs_say_nothing_of_noise() -> None:
    assert noise([[0.0, 0.1, 0.2, 0.3]]) is None
    assert noise([]) is None


def test_what_broke_stays_broken_whatever_its_earlier_pairs_said() -> None:
    broken = replace(BROKEN, log_ratios=(0.0,) * 30)
    judged = result(broken, *SAME)
    again = judge_again(judged, Rule(0.01, 0.5, 0.6, judged.tested))
    assert again.benchmarks[0] == broken
    assert {row.verdict for row in again.benchmarks[1:]} == {Verdict.SAME}


def test_whose_interval_reaches_the_floor_does_not_look_slower() -> None:
    at = result(replace(UNDECIDED, ratio=1.02, low=1.005, high=1.04))
    above = result(replace(UNDECIDED, ratio=1.02, low=1.0051, high=1.04))
    assert (gate_doubts.undecided(at), len(gate_doubts.undecided(above))) == ((), 1)


def test_one_pair_of_few_within_the_margin_is_enough_not_to_look_slower() -> None:
    few = replace(UNDECIDED, low=None, high=None, pairs=3, log_ratios=(0.5, 0.5, 0.014))
    (said,) = gate_doubts.undecided(result(few))
    assert said.startswith("1 undecided benchmark has 3 of the 8 pairs before which nothing")
    assert "--bench" not in said, "it is alone already"


def test_the_budget_that_is_advised_is_enough_for_all_that_are_undecided() -> None:
    """Nine pairs of 0.4 s took all of 32 s: two more, and a fifth to spare."""
    looking = replace(UNDECIDED, ratio=4.0, low=3.0, high=5.0, pairs=9, seconds=3.6)
    (said,) = gate_doubts.undecided(result(looking, *(replace(b, seconds=0.0) for b in SAME)))
    # The next look after 9 pairs is at 11; 1.2 * 31.8 s * 11 / 9 = 46.6 s.
    assert "9 of the 11 or more pairs" in said
    assert "about 47 s" in said


def test_a_quick_run_looks_at_no_speed_and_an_interrupted_one_has_few_pairs() -> None:
    assert gate_doubts.undecided(replace(LOOKS_SLOWER, effort=Effort.QUICK)) == ()
    (said,) = gate_doubts.undecided(replace(LOOKS_SLOWER, stopped_by=Stop.INTERRUPTED))
    assert "look slower" in said


def test_judged_again_by_another_rule_the_doubts_are_those_of_that_rule() -> None:
    stored = replace(LOOKS_SLOWER, warnings=("the load was high", *LOOKS_SLOWER.warnings))
    again = judge_again(stored, Rule(0.01, 0.9, 0.95, stored.tested))
    assert again.warnings[0] == "the load was high"
    assert again.warnings[1:] == gate_doubts.undecided(again)
    assert again.warnings != stored.warnings
