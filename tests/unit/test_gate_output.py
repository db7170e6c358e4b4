"""What ``hotloop gate`` leaves behind: exports, annotations and a comment."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.gate import annotations as gate_annotations
from hotloop.gate import comment as gate_comment
from hotloop.gate.output import publish
from hotloop.gate.result import load
from hotloop.report import markdown
from tests.gate_runs import BROKEN, EVERY_ENDING, ONE_SLOWER, ONE_UNDECIDED, SAME, result
from tests.scripted_gate import options


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
