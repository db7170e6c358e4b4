"""What ``hotloop compute`` leaves behind, from a stored result."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hotloop.base.errors import MeasurementError
from hotloop.compute import page as compute_page
from hotloop.compute.options import Options
from hotloop.compute.output import publish
from hotloop.compute.result import load
from hotloop.report import markdown, screen
from implementations.problems import RECIPE

RESULTS = Path(__file__).parents[1] / "golden" / "results"
WRONG = load(RESULTS / "one_wrong.json")
UNAVAILABLE = load(RESULTS / "one_unavailable.json")
OPTIONS = Options(
    asked=(),
    variants=("python",),
    interpreters=(),
    problem=RECIPE,
    budget_s=1.0,
    seed=None,
    json=None,
    csv=None,
    markdown=None,
    image=None,
    quiet=True,
)


def test_without_exports_the_table_is_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = io.StringIO()
    assert publish(WRONG, None, OPTIONS, out) == 1
    assert "pixel (17, 120) is 41 instead of 42" in out.getvalue()
    assert list(tmp_path.iterdir()) == []


def test_the_first_set_has_the_rows_of_the_table_without_intervals() -> None:
    assert [line.text for line in screen.lines(compute_page.first_set(WRONG), 72)] == [
        "after the first set of processes, which alone may be far off:",
        "",
        "variant     time  vs python",
        "python    1.47 s       1.0x",
        "hybrid    1.34 s       1.1x",
        "floats    453 ms       3.2x",
        "numpy     130 ms        11x",
        "cython   wrong: 3 of 76,800 pixels differ: pixel (17, 120) is 41 instead",
        "         of 42; pixel (17, 121) is 7 instead of 8; pixel (201, 9) is 255",
        "         instead of 254",
        "numba    12.8 ms       115x",
        "",
    ]


def test_every_export_is_written(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    options = replace(
        OPTIONS,
        json=tmp_path / "r.json",
        csv=tmp_path / "r.csv",
        markdown=tmp_path / "r.md",
        image=tmp_path / "r.png",
    )
    heights = np.zeros((320, 240), dtype=np.int64)
    assert publish(WRONG, heights, options, io.StringIO()) == 1
    assert load(tmp_path / "r.json") == WRONG
    assert (tmp_path / "r.csv").read_text(encoding="utf-8") == compute_page.csv(WRONG)
    assert (tmp_path / "r.md").read_text(encoding="utf-8") == markdown.render(
        compute_page.page(WRONG)
    )
    assert (tmp_path / "r.png").read_bytes().startswith(b"\x89PNG")
    assert len(list(tmp_path.iterdir())) == 4


def test_a_failed_export_does_not_cost_the_table(tmp_path: Path) -> None:
    options = replace(OPTIONS, json=tmp_path / "gone" / "r.json")
    out = io.StringIO()
    with pytest.raises(MeasurementError, match="cannot write"):
        publish(WRONG, None, options, out)
    assert "pixel (17, 120) is 41 instead of 42" in out.getvalue()


def test_without_an_answer_there_is_no_image(tmp_path: Path) -> None:
    options = replace(OPTIONS, image=tmp_path / "r.png")
    assert publish(load(RESULTS / "nothing_measured.json"), None, options, io.StringIO()) == 4
    assert list(tmp_path.iterdir()) == []


def test_only_what_was_asked_for_by_name_must_be_available() -> None:
    assert publish(UNAVAILABLE, None, OPTIONS, io.StringIO()) == 0
    asked = replace(OPTIONS, asked=("python", "numba"))
    assert publish(UNAVAILABLE, None, asked, io.StringIO()) == 4
