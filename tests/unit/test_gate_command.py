"""``hotloop gate`` without a build: scripted pairs in, result and exit code out."""

import argparse
import io
import math
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.gate import command as gate
from hotloop.gate import measure as gate_measure
from hotloop.gate.model import (
    Effort,
    Ending,
    Pair,
    Side,
    Stop,
    Timing,
)
from hotloop.gate.output import publish
from hotloop.gate.preparation import Prepared
from hotloop.gate.result import load
from hotloop.gate.suites.suite import Suite
from hotloop.gate.verdicts import Conclusion, Verdict
from tests.scripted_gate import (
    PAIR_S,
    Remembered,
    Script,
    code_of,
    compared,
    contender,
    options,
    run,
    slowdown,
    troubled,
    verdicts,
)


def test_equal_commits_end_with_0() -> None:
    measured = compared({"a": slowdown(1.0), "b": slowdown(1.001)})
    assert measured.verdict is Conclusion.FINE
    assert code_of(measured) == code_of(measured, "--strict") == 0
    assert measured.warnings == ("a doubt",)
    assert measured.elapsed_seconds == measured.measuring_seconds > 0


def test_a_slower_benchmark_ends_with_1() -> None:
    measured = compared({"a": slowdown(1.0), "b": slowdown(1.03)})
    assert verdicts(measured) == {"a": Verdict.SAME, "b": Verdict.SLOWER}
    assert code_of(measured) == 1
    slower = measured.benchmarks[1]
    assert slower.ratio == pytest.approx(1.03, abs=0.002)
    assert slower.p_value is not None
    assert slower.p_value <= measured.false_alarms
    assert slower.seconds == pytest.approx(PAIR_S * len(slower.log_ratios))


def test_a_broken_benchmark_ends_with_1() -> None:
    measured = compared({"a": slowdown(1.0), "b": troubled(None, "ValueError: no")})
    assert verdicts(measured)["b"] is Verdict.BROKEN
    assert measured.benchmarks[1].reason == "ValueError: no"
    assert code_of(measured) == 1


def test_an_undecided_benchmark_ends_with_3_where_that_is_asked_for() -> None:
    measured = compared({"a": slowdown(1.01, noise=0.05)}, "--budget", "10")
    assert measured.verdict is Conclusion.UNDECIDED
    assert measured.stopped_by is Stop.BUDGET
    assert measured.benchmarks[0].detectable is not None
    assert (code_of(measured), code_of(measured, "--strict")) == (0, 3)


def test_what_the_time_did_not_reach_is_undecided() -> None:
    measured = compared({"a": slowdown(1.0), "b": slowdown(1.0)}, "--budget", "0.1")
    (unreached,) = [row for row in measured.benchmarks if not row.pairs]
    assert unreached.verdict is Verdict.UNDECIDED
    assert unreached.reason == "no time was left to measure it"
    assert code_of(measured, "--strict") == 3


@pytest.mark.parametrize(
    "script",
    [
        troubled("no network", "no network"),
        troubled("too old", None),
        troubled("not here", "not here", Ending.SKIPPED),
    ],
)
def test_where_nothing_was_measured_the_code_is_4(script: Script) -> None:
    measured = compared({"a": script})
    assert measured.verdict is Conclusion.NOT_MEASURED
    assert code_of(measured) == code_of(measured, "--strict") == 4


def test_nothing_touched_is_an_answer_of_its_own() -> None:
    script = {"a": slowdown(1.03), "b": slowdown(1.0)}
    measured = compared(script, touches=())
    assert measured.verdict is Conclusion.UNTOUCHED
    assert set(verdicts(measured).values()) == {Verdict.UNTOUCHED}
    assert (measured.measuring_seconds, measured.tracing_seconds) == (0.0, 2.0)
    assert code_of(measured) == code_of(measured, "--strict") == 0
    out = io.StringIO()
    assert publish(measured, options("main", "--annotations"), out) == 0
    said = "nothing of what changed is run by a benchmark: all 2 are untouched"
    assert f"::notice title=hotloop gate::{said}" in out.getvalue()
    assert said in out.getvalue().partition("::notice")[0]
    # What is touched is judged.
    judged = compared(script, touches=("a",))
    assert verdicts(judged) == {"a": Verdict.SLOWER, "b": Verdict.UNTOUCHED}
    assert judged.tested == 1


def test_what_fails_on_both_sides_does_not_decide() -> None:
    measured = compared({"a": slowdown(1.0), "b": troubled("no network", "no network")})
    assert verdicts(measured)["b"] is Verdict.FAILED
    assert code_of(measured) == 0


def test_ctrl_c_keeps_what_was_measured_and_ends_with_130(tmp_path: Path) -> None:
    progress = Remembered(interrupt_after=8)
    measured = compared({"a": slowdown(1.0), "b": slowdown(1.0)}, progress=progress)
    assert measured.stopped_by is Stop.INTERRUPTED
    assert sum(len(row.log_ratios) for row in measured.benchmarks) >= 7
    out = io.StringIO()
    path = tmp_path / "r.json"
    assert publish(measured, options("main", "--json", str(path)), out) == 130
    assert "interrupted; known so far:" in out.getvalue()
    assert load(path) == measured


def test_ctrl_c_before_a_benchmark_s_first_pair_is_its_reason() -> None:
    measured = compared({"a": slowdown(1.0), "b": slowdown(1.0)}, progress=Remembered(1))
    (unreached,) = [row for row in measured.benchmarks if not row.pairs]
    assert unreached.reason == "interrupted before it was measured"


def test_quick_takes_one_pair_of_what_runs_and_finds_what_does_not() -> None:
    measured = compared(
        {"a": slowdown(1.0), "b": slowdown(2.0), "c": troubled(None, "gone")}, "--quick"
    )
    assert [len(row.log_ratios) for row in measured.benchmarks] == [1, 1, 0]
    assert list(verdicts(measured).values()) == [
        Verdict.UNDECIDED, Verdict.UNDECIDED, Verdict.BROKEN,
    ]  # fmt: skip
    assert measured.effort is Effort.QUICK
    assert code_of(measured) == 1
    assert code_of(compared({"a": slowdown(2.0)}, "--quick")) == 0


def test_thorough_takes_longer_and_rules_out_more() -> None:
    script = {"a": slowdown(1.01, noise=0.02)}
    usual, thorough = compared(script), compared(script, "--thorough")
    assert (usual.margin, thorough.margin) == (0.015, 0.0075)
    assert thorough.measuring_seconds > 5 * usual.measuring_seconds


def test_what_only_base_s_suite_has_is_gone() -> None:
    measured = compared({"a": slowdown(1.0)}, gone=("b(3)",))
    assert verdicts(measured) == {"a": Verdict.SAME, "b(3)": Verdict.GONE}
    assert code_of(measured) == 0


def test_an_infinite_ratio_can_be_stored_and_shown() -> None:
    def pair(_number: int) -> Pair:
        return Pair(Timing.VALUES, math.inf, 0.0, 5.0, 1, 1, PAIR_S)

    measured = compared({"a": pair})
    assert verdicts(measured) == {"a": Verdict.SLOWER}
    out = io.StringIO()
    assert publish(measured, options("main"), out) == 1
    assert "infinite" in out.getvalue()


def test_values_that_are_not_timed_say_nothing_of_the_machine() -> None:
    def value(number: int) -> Pair:
        return Pair(Timing.VALUES, 0.0, 5.0, 5.0, 1, 1, PAIR_S)

    assert compared({"a": value, "b": value}).noise is None
    measured = compared({"a": value, "b": value, "c": slowdown(1.0, noise=0.002)})
    assert measured.noise is not None
    assert measured.noise > 0


def test_base_equal_to_head_is_said() -> None:
    head = contender(Side.HEAD)
    same = Prepared(replace(head, side=Side.BASE), head, Suite(()), ("other-env",), ())
    said = gate_measure._about_the_sides(same)
    assert said[0].startswith("base and head are the same commit in the same environment")
    assert said[1].startswith("of 2 environments only virtualenv-py3.11 was used")


def test_a_configuration_that_is_not_there_is_code_2(tmp_path: Path) -> None:
    code, out, err = run("main", "--config", str(tmp_path / "asv.conf.json"), "--quiet")
    assert (code, out) == (2, "")
    assert err.startswith("hotloop: no such file: ")


def test_the_command_declares_what_its_options_parse() -> None:
    parser = argparse.ArgumentParser()
    gate.add_arguments(parser)
    assert parser.parse_args(["main"]).base == "main"
