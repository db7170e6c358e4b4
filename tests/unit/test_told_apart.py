"""The record of ``scripts/compare-told-apart`` as a table."""

from pathlib import Path

import pytest

from scripts.told_apart.command import conditions, main, missing, table
from scripts.told_apart.tools import folder_of_pair, tools


def line(tool: str, pair: str, says: str) -> dict[str, object]:
    return {"tool": tool, "pair": pair, "says": says, "seconds": 5.0}


def test_the_table_counts_right_answers_wrong_signs_and_false_alarms() -> None:
    lines = [
        line("a", "1 % slower", "one"),
        line("a", "1 % slower", "other"),
        line("a", "equal", "neither"),
        line("b", "equal", "one"),
    ]
    rows = table(lines).splitlines()[2:]
    assert rows[0].startswith("| a | 1 of 2 (1% to 99%) | 1 of 2 | 0 of 1 (0% to 98%) | 5 to 5")
    assert rows[1].startswith("| b | - | 0 of 0 | 1 of 1 (3% to 100%) |")


def test_a_record_is_gone_on_with_where_runs_are_missing() -> None:
    lines = [line("a", "equal", "one"), line("a", "1 % slower", "one"), line("b", "equal", "one")]
    assert missing(lines, ["a", "b"], 1) == [("b", "1 % slower")]
    assert len(missing(lines, ["a", "b"], 2)) == 4
    assert len(missing(lines, ["a", "b"], None)) == 4


def test_the_conditions_of_all_runs_are_a_line() -> None:
    machine = {"usable_cpus": 2, "cpu": "AMD", "python": "3.11.7", "versions": {"pyperf": None}}
    lines: list[dict[str, object]] = [
        line("a", "equal", "one") | machine | {"busy_cpus": busy, "at": f"2026-01-0{day}"}
        for day, busy in ((2, 0.1), (1, 1.9), (3, None))
    ]
    said = conditions(lines)
    assert said.startswith("2026-01-01 to 2026-01-03: 2 x AMD, Python 3.11.7; before each")
    assert said.endswith("used 0.1 to 1.9 CPUs, median 1.0")
    assert conditions([]) == "no runs"


def test_the_pair_differs_by_the_factor_and_in_nothing_else() -> None:
    with folder_of_pair(1.01) as folder:
        scope: dict[str, object] = {}
        exec(Path(folder, "pair.py").read_text(), scope)
    assert {"one", "other", "problem"} <= scope.keys()
    assert {"hotloop compare", "timeit"} <= tools().keys()


def test_a_record_that_is_not_there_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "none.jsonl"), "--report"]) == 2
    assert "there is no such record" in capsys.readouterr().err
