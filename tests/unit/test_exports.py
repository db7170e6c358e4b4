"""Markdown and CSV whose cells hold what would break them."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.compute import page as compute_page
from hotloop.compute.result import ComputeResult, load
from hotloop.report import markdown
from hotloop.report.exports import exported, write_files

RESULTS = Path(__file__).parents[1] / "golden" / "results"


def with_reason(reason: str) -> ComputeResult:
    stored = load(RESULTS / "one_failed.json")
    rows = tuple(
        replace(row, reason=reason) if row.name == "numpy" else row for row in stored.variants
    )
    return replace(stored, variants=rows)


def test_nothing_in_a_reason_breaks_the_markdown_table() -> None:
    text = markdown.render(compute_page.page(with_reason("a|b *c* <d>\n`e`")))
    heads = next(line for line in text.splitlines() if line.startswith("| variant"))
    (row,) = [line for line in text.splitlines() if line.startswith("| `numpy`")]
    assert r"failed: a\|b \*c\* \<d\> \`e\` |" in row
    assert row.replace(r"\|", "").count("|") == heads.count("|")


@pytest.mark.parametrize(
    ("reason", "cell"),
    [
        ('said "no", twice', 'said "no", twice'),
        ("one\ntwo", "one two"),
        ("\x1b[1mbold", "\\x1b[1mbold"),
        ("=1+1", "'=1+1"),
        ("\n@SUM(A1)", "'@SUM(A1)"),
    ],
)
def test_csv_gives_back_on_one_line_what_was_put_in(reason: str, cell: str) -> None:
    result = with_reason(reason)
    rows = list(csv.DictReader(io.StringIO(compute_page.csv(result))))
    assert [row["name"] for row in rows] == [row.name for row in result.variants]
    assert rows[3]["reason"] == cell
    assert rows[3]["median_seconds"] == ""
    assert float(rows[0]["median_seconds"]) == 1.4712


def test_an_export_that_fails_costs_no_other_one(tmp_path: Path) -> None:
    def broken(_: object) -> str:
        raise ZeroDivisionError("by zero")

    gone = tmp_path / "gone" / "r.json"
    with pytest.raises(MeasurementError, match=r"cannot write .*gone.*; .*ZeroDivisionError"):
        write_files(
            (gone, exported("it", str)),
            (tmp_path / "b", exported("it", broken)),
            (None, exported("it", str)),
            (tmp_path / "c", exported("it", str)),
        )
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    assert (tmp_path / "c").read_text(encoding="utf-8") == "it"
