"""From pairs to rows: what counts as noise, and what numbers cannot overrule."""

from dataclasses import replace

import pytest

from hotloop.gate.decide import Verdict
from hotloop.gate_summary import judge_again, noise
from tests.gate_runs import BROKEN, SAME, result


def test_noise_is_the_median_of_robust_deviations() -> None:
    quiet, loud, wild = [0.0, 0.01, -0.01, 0.01, -0.01], [0.0, 0.02, -0.02, 0.02, -0.02], [0.0] * 5
    assert noise([quiet, loud, wild]) == pytest.approx(0.014826)


def test_one_bad_pair_is_no_noise() -> None:
    assert noise([[0.0, 0.0, 0.0, 0.0, 0.5]]) == 0


def test_four_pairs_say_nothing_of_noise() -> None:
    assert noise([[0.0, 0.1, 0.2, 0.3]]) is None
    assert noise([]) is None


def test_what_broke_stays_broken_whatever_its_earlier_pairs_said() -> None:
    broken = replace(BROKEN, log_ratios=(0.0,) * 30)
    again = judge_again(result(broken, *SAME), 0.01, 0.5, 0.6)
    assert again.benchmarks[0] == broken
    assert {row.verdict for row in again.benchmarks[1:]} == {Verdict.SAME}
