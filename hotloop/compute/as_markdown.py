"""The ladder's result as a Markdown table, for a README or an issue."""

from hotloop.compute import cells as compute_cells
from hotloop.compute.result import ComputeResult
from hotloop.report.markdown import safe, table_lines


def render(result: ComputeResult) -> str:
    """Markdown text: head, table, a list of what is doubtful, the cost."""
    lines = [
        " · ".join(safe(segment) for segment in compute_cells.head_segments(result)),
        "",
        safe(result.check.sentence),
        "",
        *table_lines(compute_cells.table(result)),
        "",
        *(f"- **!** {safe(doubt)}" for doubt in compute_cells.doubts(result)),
        *(f"- {safe(remark)}" for remark in compute_cells.remarks(result)),
        f"- {safe(compute_cells.closing(result))}",
    ]
    return "\n".join(lines) + "\n"
