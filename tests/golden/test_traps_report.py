"""The reports of ``hotloop compute --traps``."""

import pytest

from hotloop.base.outcome import exit_code
from hotloop.compute.traps import page as traps_page
from hotloop.compute.traps.result import from_json, to_json
from hotloop.report import markdown
from hotloop.report.terminal import PLAIN_WIDTH
from tests import printed
from tests.trap_results import ONE, RESULT


@pytest.mark.parametrize("width", [PLAIN_WIDTH, 140, 80])
def test_the_table_is_as_stored(golden: printed.Golden, width: int) -> None:
    golden(f"traps_table_{width}", printed.text(traps_page.page(RESULT), width))


def test_of_a_single_trap_it_says_why(golden: printed.Golden) -> None:
    golden("traps_table_one", printed.text(traps_page.page(ONE)))


def test_the_exports_are_as_stored(golden: printed.Golden) -> None:
    golden("traps_markdown", markdown.render(traps_page.page(RESULT)))
    golden("traps_csv", traps_page.csv(RESULT))


def test_the_json_gives_the_result_back() -> None:
    assert from_json(to_json(RESULT)) == RESULT


def test_the_exit_code_goes_with_what_is_shown() -> None:
    assert exit_code(RESULT.traps, asked=()) == 4
    assert exit_code(ONE.traps, asked=("untyped_array",)) == 0
