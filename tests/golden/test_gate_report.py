"""What ``hotloop gate`` prints, for every way in which it can end, held to stored texts."""

import pytest

from hotloop.gate import annotations as gate_annotations
from hotloop.gate import comment as gate_comment
from hotloop.gate import junit as gate_junit
from hotloop.gate import page as gate_page
from hotloop.gate.cells import Detail
from hotloop.report.terminal import PLAIN_WIDTH
from tests import printed
from tests.gate_runs import ENDINGS

NARROW = 80


def table(name: str, width: int, detail: Detail = Detail.COUNT) -> str:
    result, code, _strict = ENDINGS[name]
    return printed.text(gate_page.page(result, detail), width, code)


@pytest.mark.parametrize("name", ENDINGS)
def test_the_table_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"gate_table_{name}", table(name, PLAIN_WIDTH))


@pytest.mark.parametrize("name", ["all_same", "every_ending", "one_slower"])
def test_a_narrow_table_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"gate_table_{name}_{NARROW}", table(name, NARROW))


@pytest.mark.parametrize("name", ENDINGS)
def test_a_table_fits_its_width(name: str) -> None:
    for width in (NARROW, PLAIN_WIDTH):
        assert max(len(line) for line in table(name, width).splitlines()) <= width


def test_the_verbose_table_lists_the_same_ones_too(golden: printed.Golden) -> None:
    golden("gate_table_verbose", table("every_ending", PLAIN_WIDTH, Detail.LIST))


def test_the_verbose_table_tells_the_functions_of_an_explanation(golden: printed.Golden) -> None:
    golden("gate_table_explained_verbose", table("explained", PLAIN_WIDTH, Detail.LIST))


@pytest.mark.parametrize("name", ENDINGS)
def test_the_comment_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"gate_markdown_{name}", gate_comment.render(ENDINGS[name][0]))


@pytest.mark.parametrize("name", ["every_ending", "quick_broken", "explained"])
def test_the_junit_xml_is_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"gate_junit_{name}", gate_junit.render(ENDINGS[name][0]))


@pytest.mark.parametrize(
    "name",
    [
        "every_ending", "all_same", "not_measured", "one_undecided", "looks_slower", "quick",
        "many", "affected", "all_untouched", "nothing_to_compare", "explained",
    ],
)  # fmt: skip
def test_the_annotations_are_as_stored(golden: printed.Golden, name: str) -> None:
    golden(f"gate_annotations_{name}", gate_annotations.render(ENDINGS[name][0]))
