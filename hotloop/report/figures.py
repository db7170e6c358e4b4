"""What is known of each row of a result: declared once, and read by every format.

A family has a function that gives its figures of one result by name, unit included, in the order
of CSV. Tables take the cells of those that they name; a file of CSV takes the values of all.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from hotloop.base.text import sentence
from hotloop.base.units import UNKNOWN
from hotloop.report.layout import Column, Row, Style, Table

Item = TypeVar("Item")
Value = str | int | float | None
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class Figure(Generic[Item]):
    """``value``: what programs read, in base units and full precision; None: not known.

    ``column``: where people read it; None: nowhere. They read what ``show`` makes of a value
    that is known, or ``cell`` of the whole row, where one value does not say it all.
    """

    value: Callable[[Item], Value]
    column: Column | None = None
    show: Callable[[Any], str] = str
    cell: Callable[[Item], str] | None = None

    def shown(self, item: Item) -> str:
        """Its cell in a table."""
        if self.cell is not None:
            return self.cell(item)
        value = self.value(item)
        return UNKNOWN if value is None else self.show(value)


@dataclass(frozen=True, slots=True)
class Sheet(Generic[Item]):
    """A table of those figures that ``names`` says, in its order."""

    figures: Mapping[str, Figure[Item]]
    names: Sequence[str]

    def table(self, rows: Iterable[Row]) -> Table:
        """The rows under their heads. Raises ValueError if a figure has no column."""
        columns = (self.figures[name].column for name in self.names)
        return Table(tuple(column for column in columns if column is not None), tuple(rows))

    def row(self, item: Item, remark: str | None = None, style: Style = Style.PLAIN) -> Row:
        """The cells of ``item``; with a remark, the first of them and the remark."""
        cells = tuple(self.figures[name].shown(item) for name in self.names)
        return Row(cells, remark, style)

    def row_of(
        self, cells: Mapping[str, str], remark: str | None = None, style: Style = Style.PLAIN
    ) -> Row:
        """A row that is no item's: cells by the names of their figures, the others empty."""
        return Row(tuple(cells.get(name, "") for name in self.names), remark, style)


def constants(**values: Value) -> dict[str, Figure[Any]]:
    """Figures that are the same in every row, which files of CSV have alone."""
    return {name: Figure(partial(_itself, value)) for name, value in values.items()}


def to_csv(figures: Mapping[str, Figure[Item]], items: Iterable[Item]) -> str:
    """CSV text with a head line, one row an item; lines end in a line feed alone."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(figures)
    for item in items:
        writer.writerow([_safe(figure.value(item)) for figure in figures.values()])
    return out.getvalue()


def _itself(value: Value, _: object) -> Value:
    return value


def _safe(value: Value) -> Value:
    """A text on one line, which no spreadsheet takes for a formula."""
    if not isinstance(value, str):
        return value
    text = sentence(value)
    return f"'{text}" if text.startswith(FORMULA) else text
