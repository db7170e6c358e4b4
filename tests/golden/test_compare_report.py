"""The tables of ``hotloop compare`` from stored results, in every state that one can be in."""

from pathlib import Path

import pytest

from hotloop.compare import page as compare_page
from hotloop.compare.output import code_of
from hotloop.compare.result import Comparison, load, to_json
from hotloop.report import markdown
from hotloop.report.terminal import PLAIN_WIDTH
from tests import printed

RESULTS = Path(__file__).parent / "comparisons"

# The exit code of each, and with --strict.
CODES = {
    "all_ok": (0, 0),
    "one_percent": (0, 0),
    "not_told_apart": (0, 3),
    "one_wrong_one_failed": (4, 4),
    "few_processes": (0, 0),
    "nothing_measured": (4, 4),
}


def stored(name: str) -> Comparison:
    return load(RESULTS / f"{name}.json")


def table(result: Comparison, width: int) -> str:
    return printed.text(compare_page.page(result), width)


def test_every_stored_result_has_its_goldens() -> None:
    assert sorted(CODES) == sorted(file.stem for file in RESULTS.glob("*.json"))


@pytest.mark.parametrize("name", CODES)
def test_the_table_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"compare_table_{name}", table(stored(name), PLAIN_WIDTH), "")


@pytest.mark.parametrize("name", CODES)
def test_the_markdown_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"compare_markdown_{name}", markdown.render(compare_page.page(stored(name))), "")


@pytest.mark.parametrize("name", CODES)
def test_the_csv_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"compare_csv_{name}", compare_page.csv(stored(name)), "")


@pytest.mark.parametrize("name", CODES)
def test_the_json_is_what_was_read(name: str) -> None:
    assert to_json(stored(name)) == (RESULTS / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CODES)
def test_the_exit_code_goes_with_what_is_shown(name: str) -> None:
    assert (code_of(stored(name), False), code_of(stored(name), True)) == CODES[name]


@pytest.mark.parametrize("name", CODES)
def test_a_table_fits_80_columns(name: str) -> None:
    assert max(len(line) for line in table(stored(name), 80).splitlines()) <= 80
