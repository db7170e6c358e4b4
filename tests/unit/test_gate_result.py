"""The gate's stored result: what is written is what is read, and nothing damaged is read."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.gate import cells
from hotloop.gate.model import Effort
from hotloop.gate.result import (
    GateResult,
    Strictness,
    conclude,
    exit_code,
    from_json,
    load,
    to_json,
)
from hotloop.gate.verdicts import Conclusion, Verdict
from tests.gate_runs import (
    ALL_SAME,
    BROKEN,
    ENDINGS,
    EVERY_ENDING,
    FAILED,
    GONE,
    NEW,
    NO_BENCHMARK,
    SAME,
    SKIPPED,
    SLOWER,
    UNDECIDED,
    UNREACHED,
)

Content = dict[str, Any]


@pytest.mark.parametrize("name", ENDINGS)
def test_what_is_written_is_read_back_equal(name: str) -> None:
    stored = ENDINGS[name][0]
    assert from_json(to_json(stored)) == stored


def test_the_schema_comes_first_and_every_promised_key_is_there() -> None:
    content = json.loads(to_json(EVERY_ENDING))
    assert next(iter(content)) == "schema"
    assert content["schema"] == "hotloop.gate/1"
    assert set(content) >= {
        "base", "head", "false_alarms", "floor", "verdict", "benchmarks", "elapsed_seconds",
        "noise", "seed", "machine", "warnings", "stopped_by",
    }  # fmt: skip
    assert set(content["base"]) == {"commit", "revision", "subject", "environment"}
    assert set(content["benchmarks"][0]) >= {
        "name", "params", "verdict", "ratio", "low", "high", "p_value", "pairs", "seconds",
        "kind", "unit", "timing", "base", "head", "detectable", "log_ratios", "reason",
    }  # fmt: skip


def test_what_is_unknown_is_null() -> None:
    rows = {row["name"]: row for row in json.loads(to_json(EVERY_ENDING))["benchmarks"]}
    broken = rows["suite.TimeParse.time_parse"]
    assert [broken[key] for key in ("ratio", "low", "high", "p_value", "base")] == [None] * 5


@pytest.mark.parametrize("name", ENDINGS)
def test_every_ending_has_its_exit_code(name: str) -> None:
    result, code, strict = ENDINGS[name]
    assert exit_code(result, Strictness.UNDECIDED_PASSES) == code
    assert exit_code(result, Strictness.UNDECIDED_FAILS) == strict


@pytest.mark.parametrize(
    ("rows", "conclusion"),
    [
        ((), Conclusion.NOT_MEASURED),
        ((NEW, GONE, SKIPPED, FAILED), Conclusion.NOT_MEASURED),
        ((UNREACHED,), Conclusion.NOT_MEASURED),
        ((UNREACHED, SAME[0]), Conclusion.UNDECIDED),
        ((BROKEN,), Conclusion.BROKEN),
        ((BROKEN, UNDECIDED, SLOWER), Conclusion.SLOWER),
        ((BROKEN, UNDECIDED), Conclusion.BROKEN),
        ((UNDECIDED, *SAME), Conclusion.UNDECIDED),
        ((FAILED, NEW, *SAME), Conclusion.FINE),
    ],
)
def test_the_verdict_of_the_whole_is_the_first_that_holds(
    rows: tuple[Any, ...], conclusion: Conclusion
) -> None:
    assert conclude(rows) is conclusion


def damaged(change: Callable[[Content], object]) -> str:
    content = json.loads(to_json(EVERY_ENDING))
    change(content)
    return json.dumps(content)


def row(content: Content, name: str) -> Content:
    return next(row for row in content["benchmarks"] if row["name"] == name)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda c: c.update(schema="hotloop.compute/1"), "has the schema 'hotloop.compute/1'"),
        (lambda c: c.pop("schema"), "it has no schema"),
        (lambda c: c.pop("floor"), "floor is missing"),
        (lambda c: c["base"].pop("commit"), "base.commit is missing"),
        (lambda c: c.update(floor="0.5%"), "floor is a string, not a number"),
        (lambda c: c.update(floor=0.02), "a floor of 0.02 under a margin of 0.015"),
        (lambda c: c.update(false_alarms=0), "false alarms in 0.0 of all runs"),
        (lambda c: c.update(tested=0), "0 benchmarks tested"),
        (lambda c: c.update(verdict="fine"), "the verdict is fine, but its benchmarks say other"),
        (lambda c: c.update(verdict="good"), "verdict is 'good', not one of not measured, "),
        (lambda c: c["benchmarks"].append(c["benchmarks"][0]), "a benchmark is there twice"),
        (lambda c: c["benchmarks"][0].update(verdict="quick"), "benchmarks[0].verdict is 'quick'"),
        (lambda c: c["benchmarks"][0].update(pairs=99), "has 9 of 99 log ratios"),
        (lambda c: c["benchmarks"][0].update(low=2.0), "are out of order"),
        (lambda c: c["benchmarks"][0].update(p_value=1.5), "has a p-value of 1.5"),
        (lambda c: c["benchmarks"][0].update(seconds=-1), "took -1.0 s"),
        (lambda c: c["benchmarks"][0]["log_ratios"].append(60), "has a log ratio beyond 50.0"),
        (lambda c: row(c, "suite.time_wide").update(reason=None), "is skipped without a reason"),
        (
            lambda c: row(c, "suite.time_words").update(pairs=0, log_ratios=[]),
            "is slower without a pair",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_named(
    change: Callable[[Content], object], complaint: str
) -> None:
    with pytest.raises(MeasurementError) as refused:
        from_json(damaged(change), source="r.json")
    assert complaint in str(refused.value)
    assert str(refused.value).startswith("r.json ")


@pytest.mark.parametrize("length", [0, 1, 100, 2000])
def test_a_half_written_file_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "r.json"
    path.write_text(to_json(EVERY_ENDING)[:length], encoding="utf-8")
    with pytest.raises(MeasurementError, match="damaged or not JSON"):
        load(path)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match=r"cannot read .*: No such file or directory"):
        load(tmp_path / "r.json")


def test_only_numbers_that_a_verdict_rests_on_are_compared() -> None:
    assert {row.verdict for row in EVERY_ENDING.compared} == {
        Verdict.SLOWER, Verdict.FASTER, Verdict.SAME, Verdict.UNDECIDED, Verdict.BROKEN,
    }  # fmt: skip


def test_a_result_without_benchmarks_can_be_stored() -> None:
    assert isinstance(replace(NO_BENCHMARK, seed=1), GateResult)


def test_a_strict_run_fails_where_the_code_was_not_shown_to_be_the_commits() -> None:
    unproved = replace(ENDINGS["all_same"][0], warnings=("why",), unproved=("why",))
    assert exit_code(unproved, Strictness.UNDECIDED_PASSES) == 0
    assert exit_code(unproved, Strictness.UNDECIDED_FAILS) == 3
    slower = replace(ENDINGS["one_slower"][0], warnings=("why",), unproved=("why",))
    assert exit_code(slower, Strictness.UNDECIDED_FAILS) == 1
    assert from_json(to_json(unproved)) == unproved


def test_results_of_before_there_was_a_proof_are_read() -> None:
    content = json.loads(to_json(ENDINGS["all_same"][0]))
    del content["unproved"]
    assert from_json(json.dumps(content)).unproved == ()


def test_more_than_a_tenth_without_the_pairs_that_a_verdict_needs_is_no_pass() -> None:
    def with_pairs(*numbers: int) -> GateResult:
        rows = tuple(
            replace(UNDECIDED, name=f"suite.time_{k}", pairs=pairs, log_ratios=(0.01,) * pairs)
            for k, pairs in enumerate(numbers)
        )
        return replace(ENDINGS["one_undecided"][0], benchmarks=rows, tested=len(rows))

    # With 10 benchmarks the first test is made after 12 pairs.
    one_short = with_pairs(11, *[12] * 9)
    assert [row.name for row in one_short.short_of_pairs] == ["suite.time_0"]
    assert exit_code(one_short, Strictness.UNDECIDED_PASSES) == 0
    two_short = with_pairs(11, 0, *[12] * 8)
    assert exit_code(two_short, Strictness.UNDECIDED_PASSES) == 3
    quick = replace(with_pairs(*[1] * 10), effort=Effort.QUICK)
    assert exit_code(quick, Strictness.UNDECIDED_PASSES) == 0


def test_lanes_are_stored_with_the_reason_and_older_files_lack_them() -> None:
    result = replace(ALL_SAME, lanes=2, lanes_why="as --lanes 2 says")
    assert from_json(to_json(result)) == result
    content = json.loads(to_json(result))
    del content["lanes"], content["lanes_why"]
    assert from_json(json.dumps(content)).lanes is None
    with pytest.raises(ValueError, match="0 lanes"):
        replace(result, lanes=0)


@pytest.mark.parametrize(
    ("lanes", "said"),
    [(1, ["1 pair at a time: why\\x1b"]), (7, ["7 pairs at once: why\\x1b"]), (None, [])],
)
def test_the_table_says_how_many_pairs_were_measured_at_once(
    lanes: int | None, said: list[str]
) -> None:
    before = cells.remarks(ALL_SAME)
    lines = cells.remarks(replace(ALL_SAME, lanes=lanes, lanes_why="why\x1b"))
    assert lines == [*before, *said]
