"""``hotloop gate`` without a build: scripted pairs in, table, files and exit code out."""

import argparse
import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from hotloop import cli
from hotloop.base.clock import ManualClock
from hotloop.base.errors import MeasurementError
from hotloop.gate import annotations as gate_annotations
from hotloop.gate import command as gate
from hotloop.gate import comment as gate_comment
from hotloop.gate import measure as gate_measure
from hotloop.gate import options as gate_options
from hotloop.gate import shards
from hotloop.gate.model import (
    Benchmark,
    Contender,
    Effort,
    Ending,
    Kind,
    Pair,
    Revision,
    Side,
    Stop,
    Timing,
    Trouble,
)
from hotloop.gate.options import Options
from hotloop.gate.output import publish
from hotloop.gate.pairs.executor import ScriptedPairs
from hotloop.gate.preparation import Prepared
from hotloop.gate.result import GateResult, load
from hotloop.gate.suites.suite import Suite
from hotloop.gate.verdicts import Conclusion, Control, Verdict
from hotloop.report import markdown
from tests.gate_runs import BROKEN, EVERY_ENDING, ONE_SLOWER, ONE_UNDECIDED, SAME, result

PAIR_S = 0.5
Script = Callable[[int], Pair]


def contender(side: Side) -> Contender:
    return Contender(
        side=side,
        revision=Revision(
            commit=("b" if side is Side.BASE else "a") * 40,
            name="main" if side is Side.BASE else "HEAD",
            subject="Some change",
        ),
        environment="virtualenv-py3.11",
        python=Path("/nowhere/python"),
        suite=Path("/nowhere/benchmarks"),
    )


def slowdown(ratio: float, noise: float = 0.001) -> Script:
    """Pairs around ``ratio``, alternating a little above and below."""

    def pair(number: int) -> Pair:
        d = math.log(ratio) + noise * (1 if number % 2 else -1) * (1 + number / 100)
        return Pair(Timing.TURNS, d, 1e-3, 1e-3 * math.exp(d), 200, 1, PAIR_S)

    return pair


def troubled(base: str | None, head: str | None, ending: Ending = Ending.FAILED) -> Script:
    def pair(_number: int) -> Pair:
        of_base, of_head = (said and Trouble(ending, said) for said in (base, head))
        return Pair(Timing.TURNS, None, None, None, 0, 0, PAIR_S, of_base or None, of_head or None)

    return pair


@dataclass
class Remembered:
    """A Progress that keeps what it was told, and presses Ctrl-C when told to."""

    interrupt_after: int = 10**9
    said: list[str] = field(default_factory=list)

    def report(self, what: str, done: float) -> None:
        assert 0 <= done <= 1
        self.said.append(what)
        if len(self.said) == self.interrupt_after:
            raise KeyboardInterrupt

    def note(self, text: str) -> None:
        self.said.append(text)


def options(*words: str) -> Options:
    parser = cli.Parser(prog="hotloop gate", allow_abbrev=False)
    gate_options.add_arguments(parser)
    return gate_options.parse_options(parser.parse_intermixed_args(words))


def compared(
    script: Mapping[str, Script],
    *words: str,
    gone: tuple[str, ...] = (),
    progress: Remembered | None = None,
) -> GateResult:
    """The result of ``hotloop gate main ...`` where pairs are as scripted."""
    asked = options("main", "--seed", "1", *words)
    assert asked.request is not None
    clock = ManualClock()
    benchmarks = tuple(
        Benchmark(name, (), None, Kind.TIME, "seconds", timeout_s=60.0) for name in script
    )
    prepared = Prepared(
        base=contender(Side.BASE),
        head=contender(Side.HEAD),
        suite=Suite(benchmarks, gone=gone),
        other_environments=(),
        warnings=(),
    )
    executor = ScriptedPairs(script, lambda seconds: clock.sleep_ns(round(seconds * 1e9)))
    return gate_measure.compare(
        prepared,
        executor,
        asked,
        gate_measure.Beginning(clock, clock.now_ns(), ("a doubt",)),
        progress or Remembered(),
    )


def code_of(measured: GateResult, *words: str) -> int:
    return publish(measured, options("main", *words), io.StringIO())


def verdicts(measured: GateResult) -> dict[str, Verdict]:
    return {row.name: row.verdict for row in measured.benchmarks}


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


def test_what_fails_on_both_sides_does_not_decide() -> None:
    measured = compared({"a": slowdown(1.0), "b": troubled("no network", "no network")})
    assert verdicts(measured)["b"] is Verdict.FAILED
    assert code_of(measured) == 0


def test_ctrl_c_keeps_what_was_measured_and_ends_with_130(tmp_path: Path) -> None:
    progress = Remembered(interrupt_after=12)
    measured = compared({"a": slowdown(1.0), "b": slowdown(1.0)}, progress=progress)
    assert measured.stopped_by is Stop.INTERRUPTED
    assert sum(len(row.log_ratios) for row in measured.benchmarks) >= 11
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


# ------------------------------------------------------------ several machines

SHARED = {
    "a.time_1": slowdown(1.0),
    "a.time_2": slowdown(1.03),
    "b.time_1": slowdown(1.001),
    "b.time_2": troubled(None, "no"),
}


def test_a_shard_judges_its_part_as_if_it_had_the_whole_suite() -> None:
    first, second = (
        compared(SHARED, "--shard", f"{n}/2", gone=("old",)) for n in (1, 2)
    )  # fmt: skip
    assert verdicts(first) == {
        "a.time_1": Verdict.SAME,
        "a.time_2": Verdict.SLOWER,
        "old": Verdict.GONE,
    }
    assert verdicts(second) == {"b.time_1": Verdict.SAME, "b.time_2": Verdict.BROKEN}
    assert first.tested == second.tested == 4
    whole = shards.together([("1", first), ("2", second)])
    assert whole.benchmarks == (*first.benchmarks, *second.benchmarks)
    assert gate_measure.rejudge(whole, options("--from", "1", "2")) == whole
    assert code_of(whole) == 1


def test_the_command_judges_shards_together_and_refuses_a_lone_one(tmp_path: Path) -> None:
    files = []
    for number in (1, 2):
        files.append(str(tmp_path / f"{number}.json"))
        shard = compared(SHARED, "--shard", f"{number}/2")
        publish(shard, options("main", "--json", files[-1]), io.StringIO())
    code, out, err = run("--from", *files)
    assert code == 1
    assert "4 benchmarks in 2 shards" in out
    assert "1 of 4 is slower, 1 is broken" in out
    assert err == "judging 2 files again: nothing is timed\n"
    code, out, err = run("--from", files[1], "--quiet")
    assert (code, out) == (2, "")
    assert err.startswith("hotloop: shard 1 is missing of 2: give the files of all shards")


def test_false_discoveries_are_controlled_in_the_run_and_when_judged_again() -> None:
    script = {f"b{n}": slowdown(1.03, noise=0.004) for n in range(6)} | {"a": slowdown(1.0)}
    measured = compared(script, "--false-discoveries", "10%")
    assert (measured.control, measured.false_alarms) == (Control.DISCOVERIES, 0.1)
    assert len(measured.having(Verdict.SLOWER)) == 6
    assert all(b.p_value is not None and b.p_value <= 0.1 for b in measured.having(Verdict.SLOWER))
    assert gate_measure.rejudge(measured, options("--from", "r.json")) == measured
    again = gate_measure.rejudge(measured, options("--from", "r.json", "--false-alarms", "1%"))
    assert (again.control, again.false_alarms) == (Control.ALARMS, 0.01)
    back = gate_measure.rejudge(again, options("--from", "r.json", "--false-discoveries", "10%"))
    assert back == measured


# ------------------------------------------------------------ judging again


def test_a_stored_result_is_judged_the_same_by_the_same_rule() -> None:
    measured = compared(
        {"a": slowdown(1.0), "b": slowdown(1.03), "c": troubled(None, "no"), "d": slowdown(0.9)},
        gone=("e",),
    )
    assert gate_measure.rejudge(measured, options("--from", "r.json")) == measured


def test_a_higher_floor_turns_slower_into_same() -> None:
    measured = compared({"a": slowdown(1.03), "b": troubled(None, "no")})
    again = gate_measure.rejudge(measured, options("--from", "r.json", "--floor", "5%"))
    assert verdicts(again) == {"a": Verdict.SAME, "b": Verdict.BROKEN}
    assert (again.floor, again.false_alarms) == (0.05, 0.01)
    assert again.margin == pytest.approx(0.06)


def test_fewer_false_alarms_need_more_pairs() -> None:
    measured = compared({"a": slowdown(1.03)})
    again = gate_measure.rejudge(
        measured, options("--from", "r.json", "--false-alarms", "0.000001")
    )
    assert verdicts(again) == {"a": Verdict.UNDECIDED}


def run(*words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return cli.main(["gate", *words], out, err), out.getvalue(), err.getvalue()


def test_the_command_judges_a_stored_result_again(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    measured = compared({"a": slowdown(1.0), "b": slowdown(1.03)})
    publish(measured, options("main", "--json", str(path)), io.StringIO())
    code, out, err = run("--from", str(path))
    assert code == 1
    assert "1 of 2 is slower" in out
    assert err == f"judging {path} again: nothing is timed\n"
    assert run("--from", str(path), "--floor", "9%", "--quiet")[::2] == (0, "")


def test_a_damaged_result_is_one_sentence_and_code_4(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text('{"schema": "hotloop.gate/1", "ba')
    code, out, err = run("--from", str(path), "--quiet", "--annotations")
    assert code == 4
    assert out.startswith("::error title=hotloop gate could not measure::")
    assert "is damaged or not JSON" in err
    assert err.count("\n") == 1


def test_a_configuration_that_is_not_there_is_code_2(tmp_path: Path) -> None:
    code, out, err = run("main", "--config", str(tmp_path / "asv.conf.json"), "--quiet")
    assert (code, out) == (2, "")
    assert err.startswith("hotloop: no such file: ")


# ------------------------------------------------------------ what is left behind


def test_every_export_is_written(tmp_path: Path) -> None:
    asked = options(
        "main", "--json", str(tmp_path / "r.json"), "--markdown", str(tmp_path / "r.md")
    )
    assert publish(EVERY_ENDING, asked, io.StringIO()) == 1
    assert load(tmp_path / "r.json") == EVERY_ENDING
    text = (tmp_path / "r.md").read_text(encoding="utf-8")
    assert text == gate_comment.render(EVERY_ENDING)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_failed_export_does_not_cost_the_table(tmp_path: Path) -> None:
    asked = replace(options("main"), json=tmp_path / "gone" / "r.json")
    out = io.StringIO()
    with pytest.raises(MeasurementError, match="cannot write"):
        publish(ONE_UNDECIDED, asked, out)
    assert "none of 7 is shown to be slower, 1 is undecided" in out.getvalue()


def test_annotations_come_after_the_table_and_only_when_asked_for() -> None:
    out = io.StringIO()
    publish(ONE_SLOWER, options("main"), out)
    assert "::" not in out.getvalue()
    publish(ONE_SLOWER, options("main", "--annotations"), out)
    assert out.getvalue().endswith(gate_annotations.render(ONE_SLOWER))


def test_no_more_annotations_than_github_shows() -> None:
    many = tuple(replace(BROKEN, name=f"suite.time_{k}") for k in range(30))
    lines = gate_annotations.render(result(*many)).splitlines()
    assert len(lines) == gate_annotations.MOST_ANNOTATIONS
    assert lines[-1].startswith("::error title=21 more benchmarks::suite.time_9, ")


def test_nothing_in_a_name_or_a_reason_ends_an_annotation() -> None:
    row = replace(BROKEN, name="a,b::c", reason="100 %\nof it: broke")
    (line,) = gate_annotations.render(result(row)).splitlines()
    assert line == "::error title=broken%3A a%2Cb%3A%3Ac::100 %25 of it: broke"


def test_a_comment_of_a_large_suite_stays_within_what_github_takes() -> None:
    rows = tuple(replace(SAME[0], name=f"suite.time_{'x' * 80}_{k}") for k in range(1000))
    text = gate_comment.render(result(*rows))
    assert len(text) < 65_536
    assert "more rows: no room here)" in text
    assert text.endswith("measuring 32 s\n")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a|b", "`a\\|b`"),
        ("say `x`", "`` say `x` ``"),
        ("``` @all", "```` ``` @all ````"),
        ("two\nlines", "`two\\nlines`"),
        ("a\\|b", "`a\\ \\|b`"),
        ("a\\\\|b", "`a\\\\\\|b`"),
        ("", ""),
    ],
)
def test_code_holds_whatever_is_in_it(text: str, code: str) -> None:
    assert markdown.code(text) == code


def test_the_command_declares_what_its_options_parse() -> None:
    parser = argparse.ArgumentParser()
    gate.add_arguments(parser)
    assert parser.parse_args(["main"]).base == "main"
