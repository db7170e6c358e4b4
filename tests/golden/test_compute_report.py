"""The ladder's reports from stored results, in every state that a result can be in."""

from pathlib import Path

import pytest

from hotloop.base.outcome import exit_code
from hotloop.compute import page as compute_page
from hotloop.compute.result import ComputeResult, load, to_json
from hotloop.report import markdown
from hotloop.report.terminal import PLAIN_WIDTH
from tests import printed

RESULTS = Path(__file__).parent / "results"

# The exit code of each when no variant was asked for by name.
CODES = {
    "all_ok": 0,
    "one_wrong": 1,
    "one_unavailable": 0,
    "one_failed": 4,
    "with_warnings": 0,
    "five_samples": 0,
    "one_short_of_confidence": 0,
    "nothing_measured": 4,
    "inexact_and_unknown": 0,
    "limit_and_others": 0,
    "with_steps": 0,
    "with_gpu": 0,
}


def stored(name: str) -> ComputeResult:
    return load(RESULTS / f"{name}.json")


def table(result: ComputeResult, width: int) -> str:
    return printed.text(compute_page.page(result), width)


def test_every_stored_result_has_its_goldens() -> None:
    assert sorted(CODES) == sorted(file.stem for file in RESULTS.glob("*.json"))


@pytest.mark.parametrize("name", CODES)
def test_the_table_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"table_{name}", table(stored(name), PLAIN_WIDTH), "")


@pytest.mark.parametrize("width", [80, 50])
@pytest.mark.parametrize("name", ["all_ok", "one_wrong", "one_failed", "limit_and_others"])
def test_a_narrow_table_is_as_stored(golden: printed.Golden, name: str, width: int) -> None:
    golden(f"table_{name}_{width}", table(stored(name), width), "")


@pytest.mark.parametrize("name", CODES)
def test_the_markdown_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"markdown_{name}", markdown.render(compute_page.page(stored(name))), "")


@pytest.mark.parametrize("name", CODES)
def test_the_csv_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"csv_{name}", compute_page.csv(stored(name)), "")


@pytest.mark.parametrize("name", CODES)
def test_the_json_is_what_was_read(name: str) -> None:
    assert to_json(stored(name)) == (RESULTS / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CODES)
def test_the_exit_code_goes_with_what_is_shown(name: str) -> None:
    assert exit_code(stored(name).variants, asked=()) == CODES[name]


@pytest.mark.parametrize("name", CODES)
def test_a_table_fits_80_columns(name: str) -> None:
    assert max(len(line) for line in table(stored(name), 80).splitlines()) <= 80
