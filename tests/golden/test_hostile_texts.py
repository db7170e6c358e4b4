"""No text of others reaches a terminal, a file or an annotation raw, whatever field it came in.

The fields are found, not listed: one that is added to a result is tried here from then on.
"""

import csv
import dataclasses
import functools
import io
import itertools
import operator
import re
import types
import typing
from collections.abc import Callable
from enum import Enum
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from _pytest.mark.structures import ParameterSet
from markdown_it import MarkdownIt

from hotloop import cli
from hotloop.calibrate import page as calibration_page
from hotloop.compare import page as compare_page
from hotloop.compare import result as compare_result
from hotloop.compute import page as compute_page
from hotloop.compute import result as compute_result
from hotloop.compute.traps import page as traps_page
from hotloop.diff import page as diff_page
from hotloop.faults import page as fault_page
from hotloop.gate import annotations as gate_annotations
from hotloop.gate import comment as gate_comment
from hotloop.gate import junit as gate_junit
from hotloop.gate import page as gate_page
from hotloop.gate.cells import Detail
from hotloop.report import html, markdown, svg
from hotloop.report.html import Section
from hotloop.report.page import Page
from hotloop.report.progress import progress_on
from hotloop.report.terminal import PLAIN_WIDTH
from hotloop.reports.kinds import KINDS
from hotloop.streams import page as stream_page
from tests import calibrations, diffs, fault_runs, gate_runs, printed, streams, trap_results

# Each short enough to be shown whole, and one that is not.
HOSTILE = (
    "::error::x ##[error]y\n::set-output name=a::b\r\x1b[31mred\x1b]0;title\x07 \x9b2J\x85\u2028",
    "\u202egpj.exe\u200b\u2066 \udc80 \x00 a|b \\|c `d` ``e`` %0A,title=z\t::notice::",
    "<img src=x onerror=y> <!-- --> <!-- hotloop gate --> --> &lt;b> </details> | <b>",
    "@team #1 [text](http://example.com) www.example.com GH-7 **bold** a@b.example ~~x~~",
    "=1+1\n- item\n# head\n| a | b |\n|---|---|\n```\n    code\n" + "long " * 2000,
)
# A row of CSV has several sentences.
LONGEST_LINE = 15_000

STORED = Path(__file__).parent / "results"
# One of each way of ending that has texts of its own.
COMPUTE = ("all_ok", "limit_and_others", "one_failed", "with_warnings")
GATE = ("every_ending", "many", "not_measured", "quick_broken", "two_environments")
STREAM = ("all_ok", "broker_died", "loads", "one_failed", "one_lost_records", "own_cluster")
STREAMS = streams.results()
RESULTS: dict[str, Any] = {
    **{f"compute {name}": compute_result.load(STORED / f"{name}.json") for name in COMPUTE},
    **{f"gate {name}": gate_runs.ENDINGS[name][0] for name in GATE},
    **{f"stream {name}": STREAMS[name] for name in STREAM},
    "traps": trap_results.RESULT,
    "faults": fault_runs.RESULT,
    "calibration": calibrations.RESULT,
    "calibration of nothing": calibrations.NOTHING,
    "diff": diffs.RESULT,
    **{
        f"compare {name}": compare_result.load(diffs.COMPARISONS / f"{name}.json")
        for name in ("all_ok", "one_wrong_one_failed")
    },
}


def on_screen(page: Page, width: int = PLAIN_WIDTH) -> str:
    return printed.text(page, width, 1)


Render = Callable[[Any], str]
# By the first word of the result's name.
LOGS: dict[str, list[Render]] = {
    "compute": [lambda r: on_screen(compute_page.page(r))],
    "traps": [lambda r: on_screen(traps_page.page(r))],
    "gate": [
        lambda r: on_screen(gate_page.page(r, Detail.COUNT)),
        lambda r: on_screen(gate_page.page(r, Detail.COUNT), 80),
    ],
    "stream": [lambda r: on_screen(stream_page.page(r))],
    "faults": [lambda r: on_screen(fault_page.page(r))],
    "calibration": [lambda r: on_screen(calibration_page.page(r))],
    "diff": [lambda r: on_screen(diff_page.page(r))],
    "compare": [lambda r: on_screen(compare_page.page(r))],
}
MARKDOWN: dict[str, list[Render]] = {
    "compute": [lambda r: markdown.render(compute_page.page(r))],
    "traps": [lambda r: markdown.render(traps_page.page(r))],
    "gate": [gate_comment.render],
    "stream": [lambda r: markdown.render(stream_page.page(r))],
    "diff": [lambda r: markdown.render(diff_page.page(r))],
    "compare": [lambda r: markdown.render(compare_page.page(r))],
}
CSV: dict[str, list[Render]] = {
    "compute": [compute_page.csv],
    "traps": [traps_page.csv],
    "stream": [stream_page.csv],
    "diff": [diff_page.csv],
    "compare": [compare_page.csv],
}


def poisoned(value: Any, hint: Any, bad: str, skipped: list[str], path: str = "") -> Any:
    """``value`` with ``bad`` in every text of it, as far as its classes take that for possible."""
    choices = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if str in choices and (value is None or isinstance(value, str)):
        return f"{bad}{path}"
    if isinstance(value, tuple):
        of = (typing.get_args(hint) or (Any,))[0]
        items = [poisoned(item, of, bad, skipped, f"{path}[{n}]") for n, item in enumerate(value)]
        return value if all(map(operator.is_, items, value)) else tuple(items)
    if isinstance(value, dict):
        return {f"{bad}{k}": poisoned(v, type(v), bad, skipped, path) for k, v in value.items()}
    if not dataclasses.is_dataclass(value) or isinstance(value, type | Enum):
        return value
    hints = _hints(type(value))
    changes = {}
    for field in dataclasses.fields(value):
        old, at = getattr(value, field.name), f"{path}.{field.name}"
        new = poisoned(old, hints[field.name], bad, skipped, at)
        if new is not old:
            changes[field.name] = new
    try:
        return dataclasses.replace(value, **changes) if changes else value
    except ValueError:
        # Some of them, then.
        for name, new in changes.items():
            try:
                value = dataclasses.replace(value, **{name: new})
            except ValueError:
                skipped.append(f"{path}.{name}")
        return value


@functools.cache
def _hints(form: type) -> dict[str, Any]:
    return typing.get_type_hints(form)


# All kinds of rows of the one with many are in the others.
again = pytest.mark.thorough(
    "test_a_table_holds_no_more_than_printable_lines",
    "test_in_markdown_it_is_text",
    "test_in_a_page_it_is_text",
)


def of_kind(renders: dict[str, list[Render]]) -> list[ParameterSet]:
    return [
        pytest.param(name, render, marks=again if name == "gate many" else ())
        for name in RESULTS
        for render in renders.get(name.partition(" ")[0], [])
    ]


@functools.cache
def hostile(name: str) -> tuple[Any, ...]:
    """The result with each of the texts in every place."""
    return tuple(poisoned(RESULTS[name], type(RESULTS[name]), bad, []) for bad in HOSTILE)


def assert_plain(text: str) -> None:
    """One that no terminal, editor or log takes for more than lines of signs."""
    for line in text.removesuffix("\n").split("\n"):
        assert line.isprintable(), ascii(line)[:300]
        assert len(line) <= LONGEST_LINE, len(line)


@pytest.mark.parametrize("name", RESULTS)
def test_nearly_every_text_of_a_result_can_be_hostile(name: str) -> None:
    skipped: list[str] = []
    result = poisoned(RESULTS[name], type(RESULTS[name]), HOSTILE[0], skipped)
    assert "\\x1b" in repr(result)
    # What has figures has no reason, and is not left out.
    assert {re.sub(r"\[\d+\]", "", path) for path in skipped} <= {
        ".benchmarks.reason",
        ".variants.left_out",
    }


@pytest.mark.parametrize(("name", "render"), of_kind(LOGS))
def test_a_table_holds_no_more_than_printable_lines(name: str, render: Render) -> None:
    for text in map(render, hostile(name)):
        assert_plain(text)
        assert "##[" not in text
        for line in text.splitlines():
            assert not line.lstrip().startswith("::")


@pytest.mark.parametrize(("name", "render"), of_kind(MARKDOWN))
def test_in_markdown_it_is_text(name: str, render: Render) -> None:
    for text in map(render, hostile(name)):
        assert_plain(text)
        # What a comment may have.
        assert len(text) <= 65_536
        read = _Reader()
        read.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))
        read.close()
        assert read.tags <= OUR_TAGS
        assert not re.search(r"@team|#1\b|://|www\.|GH-7|@b", read.outside_code)
        rows = [line for line in text.splitlines() if line.startswith("| ")]
        heads = [row for row, rule in itertools.pairwise(rows) if set(rule) <= set("| :-")]
        assert read.cells <= {len(re.findall(r" \|", head)) for head in heads}


OUR_TAGS = {
    *("h3", "p", "ul", "li", "code", "strong", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


class _Reader(HTMLParser):
    """Tags, the numbers of cells in rows, and what is not shown as code."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells: set[int] = set()
        self.outside_code = ""
        self._in_code = False
        self._in_row = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._in_code = self._in_code or tag == "code"
        self._in_row = 0 if tag == "tr" else self._in_row + (tag in ("td", "th"))

    def handle_endtag(self, tag: str) -> None:
        self._in_code = self._in_code and tag != "code"
        if tag == "tr":
            self.cells.add(self._in_row)

    def handle_data(self, data: str) -> None:
        if not self._in_code:
            self.outside_code += data


@pytest.mark.parametrize(("name", "render"), of_kind(CSV))
def test_in_csv_each_row_is_a_line_without_formulas(name: str, render: Render) -> None:
    for text in map(render, hostile(name)):
        assert_plain(text)
        rows = list(csv.reader(io.StringIO(text)))
        assert len(rows) == text.count("\n")
        assert {len(row) for row in rows} == {len(rows[0])}
        assert not [cell for row in rows for cell in row if cell.startswith("=")]


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=again) if name == "gate many" else name for name in RESULTS],
)
def test_in_a_page_it_is_text(name: str) -> None:
    for result in hostile(name):
        kind = next(kind for kind in KINDS.values() if isinstance(result, kind.form.kind))
        section = Section("title", "source", kind.page(result), kind.charts(result))
        read = _Reader()
        read.feed(html.render([section]))
        read.close()
        assert read.outside_code.replace("\n", "").isprintable()
        assert read.tags <= TAGS_OF_A_PAGE
        for chart in section.charts:
            ElementTree.fromstring(svg.alone(chart))


TAGS_OF_A_PAGE = {
    *("html", "head", "meta", "title", "style", "body", "main", "section", "footer", "div"),
    *("h1", "h2", "p", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td"),
    *("figure", "figcaption", "input", "label", "span"),
    *("svg", "desc", "g", "text", "line", "circle", "rect", "polyline"),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=pytest.mark.thorough("test_each_annotation_is_one_command_of_ours")
            if name == "gate many"
            else (),
        )
        for name in RESULTS
        if name.startswith("gate")
    ],
)
def test_each_annotation_is_one_command_of_ours(name: str) -> None:
    for text in map(gate_annotations.render, hostile(name)):
        assert_plain(text)
        for line in text.splitlines():
            assert re.fullmatch(r"::(error|warning|notice) title=[^:,]+::.*", line), line[:300]


# All kinds of rows of the one with many are in the others.
@pytest.mark.parametrize(
    "name", [name for name in RESULTS if name.startswith("gate") and name != "gate many"]
)
def test_in_junit_it_is_text(name: str) -> None:
    for result in hostile(name):
        read = ElementTree.fromstring(gate_junit.render(result))
        assert len(read.findall("testcase")) == len(result.benchmarks)
        for element in read.iter():
            assert all(text.isprintable() for text in element.attrib.values())
            assert (element.text or "").strip().isprintable()


@pytest.mark.parametrize("bad", HOSTILE)
def test_so_is_the_one_for_a_run_that_could_not_measure(bad: str) -> None:
    text = gate_annotations.could_not_measure(bad)
    assert_plain(text)
    assert text.count("\n") == 1


@pytest.mark.parametrize("bad", HOSTILE)
def test_progress_and_complaints_are_lines(bad: str) -> None:
    err = io.StringIO()
    with progress_on(err, quiet=False) as progress:
        progress.note(bad)
        progress.report(bad, 0.5)
    cli._complain(err, bad)
    assert_plain(err.getvalue())
    assert err.getvalue().count("\n") == 3
    assert not [line for line in err.getvalue().splitlines() if line.lstrip().startswith("::")]
