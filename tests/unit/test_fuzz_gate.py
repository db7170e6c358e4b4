"""The random suites of scripts/fuzz-gate: whole, repeatable, and judged by their truth."""

import json
import random
from pathlib import Path

import pytest

from scripts.fuzz_gate import command, draw, trial
from scripts.fuzz_gate.draw import Expected, Fate
from scripts.fuzz_gate.layouts import lay_out
from scripts.fuzzing import damage

SEEDS = range(60)


def row(name: str, verdict: str) -> dict[str, object]:
    return {"name": name, "params": [], "verdict": verdict, "ratio": 1.0, "reason": None}


def test_a_seed_gives_the_same_project_every_time() -> None:
    assert draw.draw(7) == draw.draw(7)
    assert lay_out(draw.draw(7), "env") == lay_out(draw.draw(7), "env")
    assert draw.draw(7) != draw.draw(8)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_project_is_python_and_has_a_truth(seed: int) -> None:
    drawn = draw.draw(seed)
    layout = lay_out(drawn, "env")
    for files in (layout.base, layout.head):
        for name, source in files.items():
            if name.endswith(".py"):
                compile(source, name, "exec")
    assert drawn.expected
    assert len({expected.name for expected in drawn.expected}) == len(drawn.expected)


def test_every_fate_and_every_shape_is_drawn() -> None:
    oddities = " ".join(oddity for seed in SEEDS for oddity in draw.draw(seed).oddities)
    for fate in Fate:
        assert f" {fate.value}" in oddities
    for shape in draw._SHAPES:
        assert shape.__name__.strip("_") in oddities


@pytest.mark.parametrize(
    ("verdict", "rows", "finding"),
    [
        ("slower", [row("b.time_1", "slower")], None),
        ("slower", [row("b.time_1", "same")], "same (1.0), not slower"),
        ("slower", [], "0 rows, not 1"),
        ("slower", [row("b.time_1", "slower"), row("b.time_2", "gone")], "which nobody expects"),
        ("slower", [row("b.time_1", "skipped")], "1 skipped, not 0"),
        ("same", [row("b.time_1", "slower")], "slower (1.0), not same"),
    ],
)
def test_rows_are_held_against_the_truth(
    verdict: str, rows: list[dict[str, object]], finding: str | None
) -> None:
    expected = (Expected("b.time_1", frozenset({verdict})),)
    found = list(trial._wrong_rows(expected, rows))
    assert (finding is None) == (not found)
    assert finding is None or finding in found[0]


def test_raw_text_in_the_output_is_a_finding() -> None:
    assert list(trial._odd_output("fine\n", "  0%  fine\r\n")) == []
    assert "raw" in next(trial._odd_output("\x1b[31mred\n", ""))
    assert "Traceback" in next(trial._odd_output("", "Traceback (most recent call last)"))


def test_damage_is_a_function_of_the_seed_and_changes_the_text() -> None:
    text = json.dumps({"schema": "hotloop.gate/1", "benchmarks": [1, 2, {"a": [3]}]})
    damaged = [damage.damaged(random.Random(seed), text) for seed in SEEDS]
    assert damaged == [damage.damaged(random.Random(seed), text) for seed in SEEDS]
    assert sum(data != text.encode() for data in damaged) > len(SEEDS) * 0.9


def test_a_command_line_that_says_nothing_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["suites", str(tmp_path), "--minutes", "nan"]) == 2
    assert "--minutes nan" in capsys.readouterr().err
    assert command.main(["results", str(tmp_path)]) == 2
    assert "run fuzz-gate suites" in capsys.readouterr().err
