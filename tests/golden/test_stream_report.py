"""The stream ladder's reports, in every state that a result can be in."""

import pytest

from hotloop.base.outcome import exit_code
from hotloop.report import markdown
from hotloop.report.terminal import PLAIN_WIDTH
from hotloop.streams import page as stream_page
from hotloop.streams.result import StreamResult
from tests import printed
from tests.streams import results

RESULTS = results()

# The exit code of each when no variant was asked for by name.
CODES = {
    "all_ok": 0,
    "one_lost_records": 1,
    "one_unavailable": 0,
    "one_not_installed": 0,
    "none_installed": 4,
    "one_failed": 4,
    "broker_died": 4,
    "few_runs": 0,
    "loads": 0,
    "loads_alone": 4,
    "rebalances": 4,
    "two_workers": 0,
    "own_cluster": 0,
    "slow_generator": 0,
    "nothing_can_run": 4,
    "nothing_measured": 4,
}


def table(result: StreamResult, width: int) -> str:
    return printed.text(stream_page.page(result), width)


def test_every_state_has_its_exit_code() -> None:
    assert sorted(CODES) == sorted(RESULTS)


@pytest.mark.parametrize("name", CODES)
def test_the_table_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"stream_table_{name}", table(RESULTS[name], PLAIN_WIDTH), "")


@pytest.mark.parametrize("name", ["all_ok", "one_failed", "two_workers", "rebalances"])
def test_a_narrow_table_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"stream_table_{name}_80", table(RESULTS[name], 80), "")


@pytest.mark.parametrize(
    "name", ["all_ok", "one_lost_records", "loads", "loads_alone", "rebalances"]
)
def test_the_markdown_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"stream_markdown_{name}", markdown.render(stream_page.page(RESULTS[name])), "")


@pytest.mark.parametrize("name", ["all_ok", "one_failed", "two_workers", "loads", "rebalances"])
def test_the_csv_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"stream_csv_{name}", stream_page.csv(RESULTS[name]), "")


@pytest.mark.parametrize("name", CODES)
def test_the_exit_code_goes_with_what_is_shown(name: str) -> None:
    assert exit_code(RESULTS[name].variants, asked=()) == CODES[name]


@pytest.mark.parametrize("name", CODES)
def test_a_table_fits_80_columns(name: str) -> None:
    assert max(len(line) for line in table(RESULTS[name], 80).splitlines()) <= 80
