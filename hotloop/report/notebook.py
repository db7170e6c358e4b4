"""A page as a fragment of HTML, for a notebook: no style of its own but the alignment."""

from collections.abc import Iterable
from html import escape

from hotloop.base.text import sentence
from hotloop.report.layout import Align, Row, Table
from hotloop.report.page import Page

_LEFT, _RIGHT = "text-align: left", "text-align: right"


def fragment(page: Page) -> str:
    """A ``div`` with the head, the sentences, the tables, the doubts and the remarks."""
    parts = [
        _paragraph(" · ".join(page.head)),
        *map(_paragraph, page.said),
        *map(_table, page.tables),
        *(_paragraph(f"! {doubt}") for doubt in page.doubts),
        *map(_paragraph, (*page.remarks, *page.closing)),
    ]
    return f"<div>{''.join(parts)}</div>"


def _paragraph(text: str) -> str:
    return f"<p>{escape(sentence(text))}</p>"


def _table(table: Table) -> str:
    styles = [_RIGHT if column.align is Align.RIGHT else _LEFT for column in table.columns]
    heads = "".join(
        f'<th style="{style}">{escape(column.head)}</th>'
        for column, style in zip(table.columns, styles, strict=True)
    )
    rows = "".join(_row(row, styles) for row in table.rows)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _row(row: Row, styles: list[str]) -> str:
    if row.remark is not None:
        first = _cells(row.cells[:1], styles)
        span = f'<td style="{_LEFT}" colspan="{max(1, len(styles) - 1)}">{escape(row.remark)}</td>'
        return f"<tr>{first}{span}</tr>"
    return f"<tr>{_cells(row.cells, styles)}</tr>"


def _cells(cells: Iterable[str], styles: list[str]) -> str:
    return "".join(
        f'<td style="{style}">{escape(cell)}</td>'
        for cell, style in zip(cells, styles, strict=False)
    )
