"""The tables of ``hotloop try`` from stored results: techniques that cannot, and refused ones."""

from pathlib import Path

import pytest

from hotloop.report import markdown
from hotloop.report.terminal import PLAIN_WIDTH
from hotloop.reports.kinds import KINDS
from hotloop.techniques import page as try_page
from hotloop.techniques.output import code_of
from hotloop.techniques.result import SCHEMA, Attempt, load, to_json
from tests import printed

RESULTS = Path(__file__).parent / "attempts"
NAMES = sorted(file.stem for file in RESULTS.glob("*.json"))


def stored(name: str) -> Attempt:
    return load(RESULTS / f"{name}.json")


@pytest.mark.parametrize("name", NAMES)
def test_every_format_is_as_stored(golden: printed.Golden, name: str) -> None:
    result = stored(name)
    page = try_page.page(result)
    golden(f"try_table_{name}", printed.text(page, PLAIN_WIDTH))
    golden(f"try_markdown_{name}", markdown.render(page))
    golden(f"try_csv_{name}", try_page.csv(result))


@pytest.mark.parametrize("name", NAMES)
def test_a_result_is_what_was_read_fits_80_columns_and_passes(name: str) -> None:
    result = stored(name)
    assert to_json(result) == (RESULTS / f"{name}.json").read_text(encoding="utf-8")
    lines = printed.text(try_page.page(result), 80).splitlines()
    assert max(len(line) for line in lines) <= 80
    # That a technique is refused is an answer.
    assert code_of(result) == 0
    assert KINDS[SCHEMA].charts(result)
