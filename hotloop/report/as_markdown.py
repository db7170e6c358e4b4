"""The ladder's result as a Markdown table, for a README or an issue."""

from hotloop.compute_result import ComputeResult
from hotloop.report import compute_cells
from hotloop.report.layout import Align, Row

_RULES = {Align.LEFT: ":---", Align.RIGHT: "---:"}


def render(result: ComputeResult) -> str:
    """Markdown text: head, table, a list of what is doubtful, the cost."""
    table = compute_cells.table(result)
    lines = [
        " · ".join(_safe(segment) for segment in compute_cells.head_segments(result)),
        "",
        _safe(result.check.sentence),
        "",
        _joined([column.head for column in table.columns]),
        _joined([_RULES[column.align] for column in table.columns]),
        *(_joined(_cells(row)) for row in table.rows),
        "",
        *(f"- **!** {_safe(doubt)}" for doubt in compute_cells.doubts(result)),
        *(f"- {_safe(remark)}" for remark in compute_cells.remarks(result)),
        f"- {_safe(compute_cells.closing(result))}",
    ]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> list[str]:
    name, idea, *figures = row.cells
    text = idea if row.remark is None else row.remark
    return [f"`{name}`", _safe(text), *(" ".join(figure.split()) for figure in figures)]


def _joined(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _safe(text: str) -> str:
    """``text`` on one line, with nothing that would end a cell or start markup."""
    return "".join(f"\\{c}" if c in "|*_`<>\\[]" else c for c in " ".join(text.split()))
