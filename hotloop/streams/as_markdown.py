"""The stream ladder's result as Markdown tables, for a README or an issue."""

from hotloop.report.markdown import safe, table_lines
from hotloop.streams import cells as stream_cells
from hotloop.streams.result import StreamResult


def render(result: StreamResult) -> str:
    """Markdown text: head, tables, a list of what is doubtful, the cost."""
    lines = [" · ".join(safe(segment) for segment in stream_cells.head_segments(result)), ""]
    for table in stream_cells.tables(result):
        lines += [*table_lines(table), ""]
    lines += [
        *(f"- **!** {safe(doubt)}" for doubt in stream_cells.doubts(result)),
        *(f"- {safe(remark)}" for remark in stream_cells.remarks(result)),
        f"- {safe(stream_cells.closing(result))}",
    ]
    return "\n".join(lines) + "\n"
