"""``hotloop report``: what is written, what is refused, and what a bad file does to the others."""

import io
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from hotloop import cli
from hotloop.report import png, svg
from hotloop.reports import machines
from hotloop.reports.kinds import KINDS
from tests import calibrations, reported
from tests.reported import ALL_OK, RESULTS, RUNGS


def hotloop(*words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return cli.main(["report", *words], out, err), out.getvalue(), err.getvalue()


class Document(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a result of every kind."""
    folder = tmp_path_factory.mktemp("everything")
    names = reported.write(folder)
    code, out, err = hotloop(*names, "-o", str(folder / "page"), "--title", "All <b>of it</b>")
    assert (code, err) == (0, "")
    assert out == f"{folder / 'page' / 'index.html'}: {len(RESULTS)} results\n"
    return folder / "page"


def test_the_page_asks_for_nothing_and_runs_nothing(everything: Path) -> None:
    text = (everything / "index.html").read_text()
    document = Document(text)
    tags = {tag for tag, _ in document.elements}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "form", "b", "image"})
    for _, attributes in document.elements:
        assert not any(name.startswith("on") or name in ("src", "style") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in text
    assert "@import" not in text
    assert "All &lt;b&gt;of it&lt;/b&gt;" in text


def test_every_kind_has_a_section_a_table_and_a_chart(everything: Path) -> None:
    sections = (everything / "index.html").read_text().split("<section ")[1:]
    titled = {name: next(s for s in sections if f">{name} (hotloop" in s) for name in RESULTS}
    for name, section in titled.items():
        assert "<table>" in section, name
        assert 'role="img"' in section, name
    assert "2 of 12 are slower, 1 is broken" in titled["gate"]
    assert "Latency of faust" in titled["loads"]


def test_sources_unfold_and_the_command_is_named(everything: Path) -> None:
    text = (everything / "index.html").read_text()
    assert "made by <code>hotloop compute --json &#39;&lt;b&gt;.json&#39;</code>" in text
    rungs = text.split("<details>")[1:]
    assert [r.split(">")[1].split(":")[0] for r in rungs] == ["python", "hybrid", "cython"]
    assert "the same file as python" in rungs[1]
    assert "<pre" not in rungs[1]
    assert '<span class="removed">- def f(x):</span>' in rungs[2]
    assert '<span class="added">+ def f(double x):</span>' in rungs[2]
    assert text.count('class="shades"') == 1


def test_every_chart_can_be_a_png(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "rungs.json").write_text(KINDS["hotloop.compute/1"].form.to_json(RUNGS))
    code, _, err = hotloop(str(tmp_path / "rungs.json"), "--png", "-o", str(tmp_path))
    assert (code, err) == (0, "")
    for file in sorted(tmp_path.glob("*.png")):
        drawn = np.asarray(Image.open(file).convert("RGB"), dtype=np.int64)
        assert drawn.shape[1] == png.ZOOM * svg.WIDTH_ALONE
        # Not a blank sheet: paper, ink and what is between them.
        colours = drawn @ (1, 2**8, 2**16)
        assert len(np.unique(colours)) > 8
    assert len(list(tmp_path.glob("*.png"))) == len(list(tmp_path.glob("*.svg"))) == 2


def test_png_is_refused_without_its_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    code, out, err = hotloop(str(ALL_OK), "--png")
    assert (code, out) == (2, "")
    assert err == "hotloop: --png needs resvg_py: pip install hotloop[plot]\n"


def test_ids_are_unique_and_labels_have_their_boxes(everything: Path) -> None:
    elements = Document((everything / "index.html").read_text()).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = {a.get(key) for _, a in elements for key in ("for", "aria-labelledby") if key in a}
    assert named <= set(ids)


def test_different_machines_are_shown_side_by_side(everything: Path) -> None:
    text = (everything / "index.html").read_text()
    assert "These results are from different machines or software" in text
    code, _, _ = hotloop(str(ALL_OK), f"again={ALL_OK}", "-o", str(everything / "same"))
    assert code == 0
    assert "different machines" not in (everything / "same" / "index.html").read_text()


def test_what_only_one_command_records_is_no_difference() -> None:
    here = calibrations.MACHINE
    more = replace(here, versions={**here.versions, "numba": "0.68.1"}, memory_bytes=None)
    assert machines.section({"a": here, "b": more}) is None
    other = replace(here, versions={**here.versions, "asv": "0.6.4"})
    section = machines.section({"a": here, "b": other})
    assert section is not None
    assert [row.cells for row in section.page.tables[0].rows] == [("asv", "0.6.6", "0.6.4")]


def test_the_charts_and_the_markdown_are_files_of_their_own(everything: Path) -> None:
    charts = sorted(file.name for file in everything.glob("*.svg"))
    assert "01-the-ladder.svg" in charts
    assert len(charts) == (everything / "index.html").read_text().count('role="img"')
    assert "## ladder (hotloop compute)" in (everything / "report.md").read_text()


def test_a_damaged_file_is_named_and_the_others_are_shown(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(ALL_OK.read_text()[:999])
    code, out, err = hotloop(str(bad), str(ALL_OK), "nowhere.json", "-o", str(tmp_path / "page"))
    assert (code, err) == (4, "")
    assert "1 result\n" in out
    assert f"! {bad} is damaged or not JSON" in out
    assert "! cannot read nowhere.json: No such file" in out
    assert "all_ok (hotloop compute)" in (tmp_path / "page" / "index.html").read_text()


def test_without_any_result_nothing_is_written(tmp_path: Path) -> None:
    code, out, err = hotloop("nowhere.json", "-o", str(tmp_path / "page"))
    assert (code, out) == (4, "")
    assert err == "hotloop: cannot read nowhere.json: No such file or directory\n"
    assert not (tmp_path / "page").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "the following arguments are required: RESULT"),
        ([str(ALL_OK), str(ALL_OK)], 2, "was given twice"),
        ([str(ALL_OK), "-o", __file__], 2, "that is not a folder"),
        ([str(ALL_OK), "-o", ""], 2, "--out: its value is empty"),
        ([str(ALL_OK), "--title", " "], 2, "--title: its value is empty"),
        ([str(ALL_OK), "-o", f"{__file__}/x"], 4, "cannot write"),
    ],
)
def test_a_bad_request_is_one_sentence(words: list[str], code: int, said: str) -> None:
    found, out, err = hotloop(*words)
    assert (found, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1
