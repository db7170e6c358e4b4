"""A table and its sentences in Markdown: the same for every report."""

from hotloop.report.layout import Align, Row, Table

_RULES = {Align.LEFT: ":---", Align.RIGHT: "---:"}


def table_lines(table: Table) -> list[str]:
    """The lines of a table: head, rule, rows; the first column as code."""
    return [
        _joined([column.head for column in table.columns]),
        _joined([_RULES[column.align] for column in table.columns]),
        *(_joined(_cells(row)) for row in table.rows),
    ]


def safe(text: str) -> str:
    """``text`` on one line, with nothing that would end a cell or start markup."""
    return "".join(f"\\{c}" if c in "|*_`<>\\[]" else c for c in " ".join(text.split()))


def _cells(row: Row) -> list[str]:
    name, text, *figures = row.cells
    said = text if row.remark is None else row.remark
    named = f"`{name}`" if name else ""
    return [named, safe(said), *(" ".join(figure.split()) for figure in figures)]


def _joined(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
