"""Columns of text that line up, fitted to a width: the same for every table.

Knows nothing about the contents. If a table is too wide, what all names begin with is said once
above it, and its names or its text are wrapped; then columns are left out, the least needed first,
and named.
"""

import itertools
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from hotloop.base.text import name, no_command, sentence, shown

T = TypeVar("T")

GAP = "  "
# What stands between the two parts of an Align.ESTIMATE cell.
UNCERTAINTY = " ±"
# A shorter beginning that all names share is not worth a line of its own.
SHORTEST_PREFIX = 8
# Where a name may end on one line and go on in the next, and what its further lines begin with.
_NAME_PART = re.compile(r"[^./:,\[(_\s-]*[./:,\[(_\s-]*")
_NAME_INDENT = "  "


class Align(Enum):
    """Words are aligned at the left, figures at the right.

    Of an estimate with its uncertainty, such as "1.47 s ± 1 %", the first part is aligned at the
    right and the second at the left.
    """

    LEFT = "left"
    RIGHT = "right"
    ESTIMATE = "estimate"


class Wrap(Enum):
    """What of a column may take several lines, where the table is too wide.

    The value: the narrowest that it is made. Narrower text is harder to read than no text.
    """

    WORDS = 20
    NAMES = 28


class Style(Enum):
    """What a line means, which a terminal shows in colour and a file does not show."""

    PLAIN = "plain"
    HEAD = "head"
    BAD = "bad"
    GOOD = "good"
    DOUBT = "doubt"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line, without its end; any text in it is made fit to be shown."""

    text: str
    style: Style = Style.PLAIN

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", no_command(shown(self.text)))


@dataclass(frozen=True, slots=True)
class Column:
    """``dispensable`` orders what may be left out, 1 first; None is never left out.

    One column of a table may be ``wrapped``.
    """

    head: str
    align: Align = Align.RIGHT
    dispensable: int | None = None
    wrapped: Wrap | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "head", name(self.head))


@dataclass(frozen=True, slots=True)
class Row:
    """One cell a column; with a ``remark``, the first cell and then the remark instead.

    Any text in it is made fit to be shown.
    """

    cells: tuple[str, ...]
    remark: str | None = None
    style: Style = Style.PLAIN

    def __post_init__(self) -> None:
        object.__setattr__(self, "cells", tuple(map(name, self.cells)))
        if self.remark is not None:
            object.__setattr__(self, "remark", sentence(self.remark))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. Raises ValueError for a row that does not have a cell a column.

    On a screen the heads may be left out: where all rows are remarks.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    has_heads: bool = True

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(f"{len(row.cells)} cells under {len(self.columns)} columns: {row}")

    def without(self, place: int) -> "Table":
        """The same table without one column."""
        return replace(
            self,
            columns=_without(self.columns, place),
            rows=tuple(replace(row, cells=_without(row.cells, place)) for row in self.rows),
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """A table as lines, and the heads of the columns that did not fit."""

    lines: tuple[Line, ...]
    left_out: tuple[str, ...]


def fit(table: Table, width: int) -> Fitted:
    """The table in at most ``width`` columns of text, if its indispensable columns allow it."""
    table = _with_estimates_aligned(table)
    above, left_out = [], []
    if _total(_natural_widths(table)) > width:
        table, prefix = _without_prefix(table)
        above = [Line(text) for text in wrap(f"all begin with {prefix}", width)] if prefix else []
    widths = _widths(table, width)
    while _total(widths) > width:
        places = [p for p, column in enumerate(table.columns) if column.dispensable is not None]
        if not places:
            widths = _narrowed(table, widths, width)
            break
        place = min(places, key=lambda p: table.columns[p].dispensable or 0)
        left_out.append(table.columns[place].head)
        table = table.without(place)
        widths = _widths(table, width)
    head = Row(tuple(column.head for column in table.columns), style=Style.HEAD)
    rows = (head, *table.rows) if table.has_heads else table.rows
    lines = [line for row in rows for line in _lines(row, table.columns, widths, width)]
    return Fitted((*above, *lines), tuple(left_out))


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """``text`` in lines of at most ``width``, the second and later ones indented; one at least."""
    return textwrap.wrap(
        shown(text), width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    ) or [""]


def _with_estimates_aligned(table: Table) -> Table:
    """The table with every estimate as wide as the widest of its column."""
    for place, column in enumerate(table.columns):
        if column.align is Align.ESTIMATE:
            parts = [row.cells[place].partition(UNCERTAINTY) for row in table.rows]
            width = max((len(estimate) for estimate, _, _ in parts), default=0)
            rows = [
                replace(row, cells=_with(row.cells, place, f"{estimate:>{width}}{sign}{rest}"))
                for row, (estimate, sign, rest) in zip(table.rows, parts, strict=True)
            ]
            table = replace(table, rows=tuple(rows))
    return table


def _without_prefix(table: Table) -> tuple[Table, str]:
    """The table without what all its names begin with, up to the end of a part of theirs.

    What is left tells them apart, and where there is only one, it is the last part.
    """
    for place, column in enumerate(table.columns):
        names = [row.cells[place] for row in table.rows if row.remark is None]
        if column.wrapped is Wrap.NAMES and names:
            parts = zip(*map(_first_parts, names), strict=False)
            common = itertools.takewhile(lambda those: len(set(those)) == 1, parts)
            prefix = "".join(those[0] for those in common)
            if len(prefix) >= SHORTEST_PREFIX:
                rows = [
                    row
                    if row.remark is not None
                    else replace(
                        row, cells=_with(row.cells, place, row.cells[place][len(prefix) :])
                    )
                    for row in table.rows
                ]
                return replace(table, rows=tuple(rows)), prefix
    return table, ""


def _first_parts(name: str) -> list[str]:
    """The folders, modules and classes of a name, each with what ends it."""
    stem = re.split(r"[\[(]", name, maxsplit=1)[0]
    return re.findall(r"[^./:]*[./:]+(?=[^./:])", stem)


def _natural_widths(table: Table) -> list[int]:
    return [
        max(
            # A remark replaces all cells but the first.
            [len(column.head)]
            + [len(row.cells[p]) for row in table.rows if p == 0 or row.remark is None]
        )
        for p, column in enumerate(table.columns)
    ]


def _widths(table: Table, width: int) -> list[int]:
    """Natural widths; the wrapped column is narrowed as needed, if that leaves enough of it."""
    widths = _natural_widths(table)
    narrowed = _narrowed(table, widths, width)
    return narrowed if _total(narrowed) <= width else widths


def _narrowed(table: Table, widths: Sequence[int], width: int) -> list[int]:
    """The wrapped column made as narrow as ``width`` asks for and it may be."""
    excess = max(0, _total(widths) - width)
    return [
        w if column.wrapped is None else max(min(w, column.wrapped.value), w - excess)
        for w, column in zip(widths, table.columns, strict=True)
    ]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _lines(row: Row, columns: Sequence[Column], widths: Sequence[int], width: int) -> list[Line]:
    if row.remark is not None:
        name = row.cells[0].ljust(widths[0]) + GAP
        wrapped = wrap(name + row.remark, width, indent=" " * len(name))
        return [Line(text, row.style) for text in wrapped]
    blocks = [_block(cell, columns[p].wrapped, widths[p]) for p, cell in enumerate(row.cells)]
    depth = max(len(block) for block in blocks)
    padded = [block + [""] * (depth - len(block)) for block in blocks]
    return [
        Line(
            GAP.join(
                cell.rjust(w) if column.align is Align.RIGHT else cell.ljust(w)
                for cell, column, w in zip(cells, columns, widths, strict=True)
            ).rstrip(),
            row.style,
        )
        for cells in zip(*padded, strict=True)
    ]


def _block(cell: str, wrapped: Wrap | None, width: int) -> list[str]:
    """The cell's lines."""
    match wrapped:
        case Wrap.WORDS:
            return wrap(cell, width)
        case Wrap.NAMES:
            return _wrap_name(cell, width)
        case None:
            return [cell]


def _wrap_name(name: str, width: int) -> list[str]:
    """A name in lines of at most ``width``, whole parts together where they fit."""
    lines = [""]
    for part in _NAME_PART.findall(name):
        while len(lines[-1]) + len(part.rstrip()) > width:
            if lines[-1].strip():
                lines.append(_NAME_INDENT)
            else:
                room = max(1, width - len(lines[-1]))
                lines[-1] += part[:room]
                part = part[room:]
        lines[-1] += part
    return lines


def _with(items: tuple[T, ...], place: int, item: T) -> tuple[T, ...]:
    return (*items[:place], item, *items[place + 1 :])


def _without(items: tuple[T, ...], place: int) -> tuple[T, ...]:
    return items[:place] + items[place + 1 :]
