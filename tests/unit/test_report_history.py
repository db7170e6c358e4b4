"""asv's results over commits on the page: steps where they were made, machines kept apart."""

import io
import json
import random
from pathlib import Path

import pytest

from hotloop import cli
from hotloop.base.errors import MeasurementError
from hotloop.base.stored import Named
from hotloop.report.layout import Style
from hotloop.reports import history
from scripts.large_page import asv_results
from scripts.large_page.asv_results import Made

COMMITS = [f"{n:02}{'a' * 38}" for n in range(30)]
DAY_MS = 86_400_000


BENCHMARKS = [
    Made("suite.time_doubles"),
    Made("suite.time_halves", params=[["1", "2"]]),
    Made("suite.track_same", unit="rows"),
]


def write(folder: Path, machine: str = "box", seed: int = 1) -> Path:
    """30 commits of three benchmarks: one doubles at commit 20, one halves, one stays."""
    rng = random.Random(seed)

    def values(n: int) -> dict[str, list[float]]:
        exact = {
            "suite.time_doubles": [1e-3 * (2 if n >= 20 else 1)],
            "suite.time_halves": [2e-3 / (2 if n >= 10 else 1), 5e-3],
            "suite.track_same": [7.0],
        }
        return {name: [v * rng.gauss(1, 0.005) for v in some] for name, some in exact.items()}

    made = [(commit, n * DAY_MS, values(n)) for n, commit in enumerate(COMMITS)]
    asv_results.write(folder, machine, BENCHMARKS, made)
    return folder


def cells(folder: Path) -> dict[str, tuple[str, ...]]:
    (section,), unread = history.sections(Named("h", folder))
    assert unread == []
    return {row.cells[0]: row.cells[1:] for row in section.page.tables[0].rows}


def test_a_step_is_found_at_the_commit_that_made_it(tmp_path: Path) -> None:
    rows = cells(write(tmp_path))
    commits, _, last, step, at = rows["suite.time_doubles"]
    assert commits == "30"
    assert last.endswith(" ms")
    assert 95 < float(step.removesuffix(" %")) < 105
    assert at == "20aaaaa 1970-01-21"
    assert rows["suite.time_halves(1)"][4].startswith("10aaaaa")
    assert rows["suite.time_halves(1)"][3].startswith("-")
    assert rows["suite.time_halves(2)"][3:] == ("", "")
    assert rows["suite.track_same"][3:] == ("", "")


def test_what_became_slower_comes_first_and_has_a_chart(tmp_path: Path) -> None:
    (section,), _ = history.sections(Named("h", write(tmp_path)))
    assert section.page.tables[0].rows[0].cells[0] == "suite.time_doubles"
    assert section.page.tables[0].rows[0].style is Style.BAD
    answer = section.page.answer
    assert answer is not None
    assert answer.startswith("1 of 4 benchmarks became worse at the last step, most of all ")
    assert answer.endswith(" % since 20aaaaa 1970-01-21")
    assert [chart.title for chart in section.charts] == [
        "suite.time_doubles",
        "suite.time_halves(1)",
    ]


@pytest.mark.parametrize(
    ("url", "linked"),
    [("https://example.org/commit/", True), ("javascript:alert(1)//", False), ("#", False)],
)
def test_a_step_leads_to_its_commit(tmp_path: Path, url: str, linked: bool) -> None:
    folder = write(tmp_path / ".asv" / "results")
    configured = {"version": 1, "repo": ".", "project": "p", "show_commit_url": url}
    (tmp_path / "asv.conf.json").write_text(json.dumps(configured))
    assert cli.main(["report", str(folder), "-o", str(tmp_path / "page")], io.StringIO()) == 0
    text = (tmp_path / "page" / "index.html").read_text()
    assert (f'<a href="{url}{COMMITS[20]}">20aaaaa 1970-01-21</a>' in text) is linked
    assert "20aaaaa 1970-01-21" in text
    assert "javascript" not in text


def test_machines_are_kept_apart(tmp_path: Path) -> None:
    write(write(tmp_path, "box"), "other", seed=2)
    found, _ = history.sections(Named("h", tmp_path))
    assert [section.title for section in found] == ["h (asv, box)", "h (asv, other)"]


def test_a_damaged_file_is_named_and_the_others_are_shown(tmp_path: Path) -> None:
    folder = write(tmp_path / "results")
    damaged = next((folder / "box").glob("05*.json"))
    damaged.write_text(damaged.read_text()[:200])
    out, err = io.StringIO(), io.StringIO()
    code = cli.main(["report", str(folder), "-o", str(tmp_path / "page")], out, err)
    assert code == 4
    assert f"! {damaged} is damaged" in " ".join(out.getvalue().split())
    assert "suite.time_doubles" in (tmp_path / "page" / "index.html").read_text()


@pytest.mark.parametrize("date", [None, "soon", 10**20, 1.5])
def test_a_file_without_a_date_is_named(tmp_path: Path, date: object) -> None:
    folder = write(tmp_path)
    file = next((folder / "box").glob("05*.json"))
    stored = json.loads(file.read_text())
    file.write_text(json.dumps({**stored, "date": date}))
    (section,), unread = history.sections(Named("h", folder))
    assert len(unread) == 1
    assert str(file) in unread[0]
    assert "29 commits" in section.page.head


def test_an_empty_folder_is_no_history(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match=r"cannot read .*benchmarks.json.*results_dir"):
        history.sections(Named("h", tmp_path))
    (tmp_path / "benchmarks.json").write_text("{}")
    with pytest.raises(MeasurementError, match="holds no results of asv"):
        history.sections(Named("h", tmp_path))
    (tmp_path / "benchmarks.json").write_text("{")
    with pytest.raises(MeasurementError, match="is damaged or not JSON"):
        history.sections(Named("h", tmp_path))
