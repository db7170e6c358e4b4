"""What is known about each row of a result: declared once, and used by every format.

Each command has a function that returns the figures of its result by name, unit included, in the
order of CSV. A table shows the cells of the figures that it names; CSV has the values of all.
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
    """``value``: for programs, in base units and full precision; None: not known.

    ``column``: where people read it; None: nowhere. They see a known value as ``show`` formats
    it, or what ``cell`` makes of the whole row if one value is not enough.
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
    """A table of the figures in ``names``, in that order."""

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
        """A row that belongs to no item: cells by figure name, the others empty."""
        return Row(tuple(cells.get(name, "") for name in self.names), remark, style)


def constants(**values: Value) -> dict[str, Figure[Any]]:
    """Figures that are the same in every row; only CSV has them."""
    return {name: Figure(partial(_itself, value)) for name, value in values.items()}


def to_csv(figures: Mapping[str, Figure[Item]], items: Iterable[Item]) -> str:
    """CSV text with a header line and one row for each item; lines end in a line feed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(figures)
    for item in items:
        writer.writerow([_safe(figure.value(item)) for figure in figures.values()])
    return out.getvalue()


def _itself(value: Value, _: object) -> Value:
    return value


def _safe(value: Value) -> Value:
    """The text on one line, so that no spreadsheet takes it for a formula."""
    if not isinstance(value, str):
        return value
    text = sentence(value)
    return f"'{text}" if text.startswith(FORMULA) else text
