"""Results of ``hotloop gate`` judged again: one, or the shards of several machines together."""

import io
from pathlib import Path

import pytest

from hotloop.gate import measure as gate_measure
from hotloop.gate import shards
from hotloop.gate.output import publish
from hotloop.gate.verdicts import Control, Verdict
from tests.scripted_gate import code_of, compared, options, run, slowdown, troubled, verdicts

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
