"""What ``hotloop diff`` prints of each kind of result, held to stored texts."""

import pytest

from hotloop.diff import page as diff_page
from hotloop.diff.result import from_json, to_json
from hotloop.report import markdown
from hotloop.report.terminal import PLAIN_WIDTH
from tests import diffs, printed

PAIRS = diffs.pairs()


def table(name: str, width: int = PLAIN_WIDTH) -> str:
    return printed.text(diff_page.page(PAIRS[name]), width)


@pytest.mark.parametrize("name", PAIRS)
def test_the_table_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"diff_table_{name}", table(name))


def test_a_narrow_table_is_as_stored(golden: printed.Golden) -> None:
    golden("diff_table_compute_60", table("compute", 60))


def test_the_markdown_is_as_stored(golden: printed.Golden) -> None:
    golden("diff_markdown_compute", markdown.render(diff_page.page(PAIRS["compute"])))


def test_the_csv_is_as_stored(golden: printed.Golden) -> None:
    golden("diff_csv_compute_three", diff_page.csv(PAIRS["compute_three"]))


@pytest.mark.parametrize("name", PAIRS)
def test_the_json_is_what_was_read(name: str) -> None:
    assert from_json(to_json(PAIRS[name])) == PAIRS[name]
