"""A stored calibration comes back whole, or not at all; and judged again it follows its pairs."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.calibrate.result import (
    SCHEMA,
    CalibrationResult,
    Recorded,
    exit_code,
    from_json,
    load,
    to_json,
)
from hotloop.calibrate.summary import Asked, CalibrationContext, judge_again, spread, summarise
from hotloop.gate.model import (
    Contender,
    Effort,
    Pair,
    Revision,
    Side,
    Stop,
    Timing,
)
from hotloop.gate.rule.decide import LARGEST_LOG_RATIO, Rule
from hotloop.gate.rule.findings import Campaign, Finding
from hotloop.gate.rule.limits import ALLOWANCE_PAIRS, ALLOWANCE_S
from hotloop.gate.rule.simulate import SLOWDOWNS
from hotloop.gate.verdicts import Verdict
from tests.calibrations import ALL_WELL, LOOP, MACHINE, NOTHING, RESULT
from tests.campaigns import benchmark

RULE = Rule(0.01, 0.005, 0.015, benchmarks=1)
ASKED = Asked(Effort.USUAL, RULE, budget_s=None, runs=100, simulation_seed=3)


def pair(log_ratio: float) -> Pair:
    return Pair(Timing.TURNS, log_ratio, 0.25, 0.26, 9, 1, 0.5)


def summarised(
    *entries: Finding, stop: Stop = Stop.PAIRS, elapsed_s: float = 11.0
) -> CalibrationResult:
    here = Path()
    contender = Contender(Side.HEAD, Revision("ab" * 20, "main", "subject"), "env", here, here)
    context = CalibrationContext(contender, MACHINE, seed=3, elapsed_s=20.0, warnings=())
    return summarise(Campaign(entries, stop, elapsed_s, len(entries)), ASKED, context)


def entry(name: str, *log_ratios: float) -> Finding:
    pairs = tuple(pair(d) for d in log_ratios)
    return Finding(benchmark(name), Verdict.UNDECIDED, pairs, None, None)


@pytest.mark.parametrize("result", [RESULT, ALL_WELL, NOTHING])
def test_what_is_stored_comes_back_equal(result: CalibrationResult, tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    file.write_text(to_json(result), encoding="utf-8")
    assert load(file) == result
    assert json.loads(to_json(result))["schema"] == SCHEMA


def changed(path: str, value: object) -> str:
    content: Any = json.loads(to_json(RESULT))
    place = content
    *way, last = path.split(".")
    for key in way:
        place = place[int(key)] if key.isdigit() else place[key]
    place[last] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("schema", "hotloop.calibration/2", "has the schema"),
        ("benchmarks.0.recorded.log_ratios", [], "no log ratios"),
        ("benchmarks.0.recorded.log_ratios", [51.0], "beyond"),
        ("benchmarks.0.recorded.pair_seconds", 0, "pair of 0"),
        ("benchmarks.0.spread.centre", 1.0, "not within"),
        ("benchmarks.0.spread.deviation", -1.0, "below 0"),
        ("benchmarks.0.spread", None, "lacks some"),
        ("benchmarks.0.rates.power", [], "lacks a slowdown"),
        ("benchmarks.2.reason", None, "either figures or a reason"),
        ("benchmarks.0.rates.false_alarms.count", 10001, "10001 of 10000"),
        ("slowdowns", [0.5], "lacks a slowdown"),
        ("suite", None, "rates of the suite"),
        ("revision", 3, "a whole number, not a string"),
    ],
)
def test_a_damaged_file_is_refused_with_the_place(path: str, value: object, message: str) -> None:
    with pytest.raises(MeasurementError, match=message):
        from_json(changed(path, value))


def test_a_file_that_was_cut_off_is_refused() -> None:
    with pytest.raises(MeasurementError, match="damaged or not JSON"):
        from_json(to_json(RESULT)[:-20])


@pytest.mark.parametrize(("result", "code"), [(ALL_WELL, 0), (NOTHING, 4), (RESULT, 130)])
def test_the_exit_code_says_how_it_ended(result: CalibrationResult, code: int) -> None:
    assert exit_code(result) == code


def test_figures_are_those_of_the_pairs() -> None:
    result = summarised(entry("a", 0.01, -0.01, 0.02), entry("b", *[float("inf")] * 3))
    first, second = result.benchmarks
    assert first.recorded is not None
    # 11 s for 6 pairs of 0.5 s: what lies between the pairs is shared by them.
    assert first.recorded == Recorded(Timing.TURNS, 0.25, 11 / 6, (0.01, -0.01, 0.02))
    assert second.recorded is not None
    assert second.recorded.log_ratios == (LARGEST_LOG_RATIO,) * 3
    assert result.rule.tested == 2
    assert result.rule.budget_seconds == pytest.approx(2 * ALLOWANCE_PAIRS * 11 / 6)


def test_the_budget_is_never_below_the_usual_allowance() -> None:
    result = summarised(*(entry(name, *[0.0] * 50) for name in "ab"))
    assert result.rule.budget_seconds == 2 * ALLOWANCE_S


def test_with_two_lanes_a_pair_costs_half_and_the_budget_is_the_campaigns() -> None:
    # 40 pairs of 2 s each in 40 s: two at a time.
    slow = [replace(pair(d), elapsed_s=2.0) for d in (0.001, -0.001) * 10]
    entries = [Finding(benchmark(n), Verdict.UNDECIDED, tuple(slow), None, None) for n in "ab"]
    result = summarised(*entries, elapsed_s=40.0)
    assert result.benchmarks[0].recorded is not None
    assert result.benchmarks[0].recorded.pair_seconds == 1.0
    # campaign's own: so many pairs, by the time of a lane, shared by two of them.
    assert result.rule.budget_seconds == 2 * ALLOWANCE_PAIRS * 2.0 / 2


def test_a_benchmark_without_figures_keeps_its_reason_and_is_left_out_of_the_simulation() -> None:
    failed = Finding(benchmark("bad"), Verdict.FAILED, (), None, "it fails")
    never = Finding(benchmark("late"), Verdict.UNDECIDED, (), None, None)
    result = summarised(failed, never, entry("good", 0.0, 0.0), stop=Stop.INTERRUPTED)
    assert [b.reason for b in result.benchmarks[:2]] == [
        "it fails",
        "interrupted before it was measured",
    ]
    assert result.interrupted
    assert [b.name for b in result.measured] == ["good"]
    assert result.rule.tested == 2


def test_nothing_measured_has_no_rates() -> None:
    result = summarised(Finding(benchmark("bad"), Verdict.FAILED, (), None, "it fails"))
    assert result.suite is None
    assert exit_code(result) == 4


def test_the_spread_is_known_for_known_values() -> None:
    found = spread([-0.02, -0.01, 0.0, 0.01, 0.02])
    assert found.deviation == pytest.approx(0.0158, abs=1e-4)
    assert found.robust_deviation == pytest.approx(0.014826, rel=1e-5)
    assert found.worst == 0.02
    assert found.centre == pytest.approx(0.0)
    assert not found.is_biased
    assert spread([0.01, 0.011, 0.012, 0.013, 0.014, 0.015]).is_biased


def test_judging_again_changes_the_rule_and_keeps_the_pairs() -> None:
    stored = summarised(entry("a", *[0.001 * (k % 5 - 2) for k in range(20)]))
    again = judge_again(
        stored, replace(ASKED, budget_s=3.0, rule=replace(RULE, floor=0.03, margin=0.04))
    )
    assert again.rule.budget_seconds == 3.0
    assert again.benchmarks[0].recorded == stored.benchmarks[0].recorded
    (before,), (after,) = stored.benchmarks, again.benchmarks
    assert before.rates is not None
    assert after.rates is not None
    # 2 and 3 % are slower than a floor of 0.5 %, and none of a floor's business of 3 %.
    assert [share.rate for share in before.rates.power[2:4]] == [1.0, 1.0]
    assert [share.rate for share in after.rates.power[2:4]] == [0.0, 0.0]
    assert judge_again(stored, ASKED) == stored


def test_thorough_has_ten_times_the_time_and_sees_one_per_cent() -> None:
    stored = summarised(entry("a", *[0.003 * (k % 7 - 3) for k in range(28)]))
    asked = replace(ASKED, effort=Effort.THOROUGH, rule=Rule(0.01, 0.0, 0.0025, benchmarks=1))
    again = judge_again(stored, asked)
    assert again.rule.effort is Effort.THOROUGH
    assert again.rule.budget_seconds == pytest.approx(10 * stored.rule.budget_seconds)
    usual, thorough = (
        result.benchmarks[0].rates.power[SLOWDOWNS.index(0.01)].rate
        for result in (stored, again)
        if result.benchmarks[0].rates is not None
    )
    assert usual < 0.6
    assert thorough > 0.95


def test_a_file_of_other_slowdowns_is_read_and_judged_anew() -> None:
    content: Any = json.loads(to_json(summarised(entry("a", *[0.001, -0.001] * 10))))
    content["slowdowns"] = content["slowdowns"][1:]
    for row in content["benchmarks"]:
        row["rates"]["power"] = row["rates"]["power"][1:]
    del content["rule"]["effort"], content["suite"]["swapped_false_alarms"]
    older = from_json(json.dumps(content))
    assert older.suite is not None
    assert older.suite.swapped_false_alarms is None
    again = judge_again(older, ASKED)
    assert again.slowdowns == SLOWDOWNS
    assert again.suite is not None
    assert again.suite.swapped_false_alarms is not None


def test_a_row_is_named_as_asv_names_it() -> None:
    assert replace(LOOP, params=("3000", "'x'")).label == "suite.time_loop(3000, 'x')"
