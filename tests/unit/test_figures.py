"""A figure is declared once: what a table shows of it and what a file of CSV holds."""

from dataclasses import dataclass

import pytest

from hotloop.report import screen
from hotloop.report.figures import Figure, Sheet, constants, to_csv
from hotloop.report.layout import Align, Column
from hotloop.report.page import Page


@dataclass(frozen=True)
class Shop:
    name: str
    debts: float | None


SHOPS = (Shop("baker", 1234.5678), Shop("=sum", None))
FIGURES: dict[str, Figure[Shop]] = {
    "name": Figure(lambda shop: shop.name, Column("shop", Align.LEFT)),
    "debts": Figure(lambda shop: shop.debts, Column("owes"), "{:,.0f}".format),
    **constants(town="Ulm"),
}


def test_csv_has_all_figures_in_full_and_nothing_for_what_is_not_known() -> None:
    assert to_csv(FIGURES, SHOPS) == "name,debts,town\nbaker,1234.5678,Ulm\n'=sum,,Ulm\n"


def test_a_table_has_the_figures_that_it_names_in_its_order() -> None:
    sheet = Sheet(FIGURES, ("debts", "name"))
    table = sheet.table([*map(sheet.row, SHOPS), sheet.row_of({"name": "all"})])
    assert [column.head for column in table.columns] == ["owes", "shop"]
    assert [row.cells for row in table.rows] == [("1,235", "baker"), ("-", "=sum"), ("", "all")]


def test_a_figure_without_a_column_is_in_no_table() -> None:
    sheet = Sheet(FIGURES, ("name", "town"))
    with pytest.raises(ValueError, match="2 cells under 1 columns"):
        sheet.table(map(sheet.row, SHOPS))


def test_a_page_reads_from_its_head_to_what_it_cost() -> None:
    sheet = Sheet(FIGURES, ("name", "debts"))
    page = Page(
        head=["two shops", "one town"],
        said=["all were asked"],
        tables=[sheet.table(map(sheet.row, SHOPS))],
        doubts=["one did not answer"],
        remarks=["debts are in full"],
        closing=["3 s"],
    )
    assert [line.text for line in screen.lines(page, 40)] == [
        "two shops    one town",
        "all were asked",
        "",
        "shop    owes",
        "baker  1,235",
        "=sum       -",
        "",
        "! one did not answer",
        "debts are in full",
        "3 s",
    ]


@pytest.mark.parametrize(
    ("width", "last"),
    [
        (45, ["no. 3 s" + " " * 27 + "exit code 1"]),
        (20, ["no. 3 s" + "  " + "exit code 1"]),
        (19, ["3 s", "no      exit code 1"]),
        (14, ["3 s", "no", "exit code 1"]),
    ],
)
def test_an_answer_comes_last_with_its_exit_code(width: int, last: list[str]) -> None:
    page = Page(["x"], [], [], [], closing=["3 s"], answer="no")
    assert [line.text for line in screen.lines(page, width, 1)] == ["x", "", *last]
