"""The stream ladder's result as tables of one screen: head, drains, loads, doubts."""

from hotloop.report.layout import Line, fit
from hotloop.report.screen import marked, no_room, packed, plain
from hotloop.streams import cells as stream_cells
from hotloop.streams.result import StreamResult


def render(result: StreamResult, width: int) -> tuple[Line, ...]:
    """The lines to print, at most ``width`` wide as far as names and figures allow."""
    lines = packed(stream_cells.head_segments(result), width)
    left_out: list[str] = []
    for table in stream_cells.tables(result):
        fitted = fit(table, width)
        lines += [Line(""), *fitted.lines]
        left_out += fitted.left_out
    return (
        *lines,
        Line(""),
        *marked(stream_cells.doubts(result), width),
        *plain(stream_cells.remarks(result), width),
        *no_room(left_out, width),
        *plain([stream_cells.closing(result)], width),
    )
