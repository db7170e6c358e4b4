"""The ladder's result as a table of one screen: head, rows, doubts, cost."""

from hotloop.compute import cells as compute_cells
from hotloop.compute.result import ComputeResult
from hotloop.report.layout import Line, fit
from hotloop.report.notes import marked, no_room, packed, plain


def render(result: ComputeResult, width: int) -> tuple[Line, ...]:
    """The lines to print, at most ``width`` wide as far as names and figures allow."""
    fitted = fit(compute_cells.table(result), width)
    return (
        *packed(compute_cells.head_segments(result), width),
        *plain([result.check.sentence], width),
        Line(""),
        *fitted.lines,
        Line(""),
        *marked(compute_cells.doubts(result), width),
        *plain(compute_cells.remarks(result), width),
        *no_room(fitted.left_out, width),
        *plain([compute_cells.closing(result)], width),
    )
