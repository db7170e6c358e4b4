"""The ladder's result as a table of one screen: head, rows, doubts, cost."""

from hotloop.compute_result import ComputeResult
from hotloop.report import compute_cells
from hotloop.report.layout import Line, Style, fit, wrap

SEGMENT_GAP = " " * 4
MARK = "! "


def render(result: ComputeResult, width: int) -> tuple[Line, ...]:
    """The lines to print, at most ``width`` wide as far as names and figures allow."""
    fitted = fit(compute_cells.table(result), width)
    left_out = ", ".join(fitted.left_out)
    notes = [
        *_doubts(compute_cells.doubts(result), width),
        *_plain(compute_cells.remarks(result), width),
        *_plain([f"no room here for: {left_out}"] if left_out else [], width),
    ]
    return (
        *_plain(_packed(compute_cells.head_segments(result), width), width),
        *_plain([result.check.sentence], width),
        Line(""),
        *fitted.lines,
        Line(""),
        *notes,
        *_plain([compute_cells.closing(result)], width),
    )


def _packed(segments: list[str], width: int) -> list[str]:
    """Segments on as few lines as they need, never broken."""
    lines = [segments[0]]
    for segment in segments[1:]:
        longer = f"{lines[-1]}{SEGMENT_GAP}{segment}"
        if len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(segment)
    return lines


def _doubts(sentences: list[str], width: int) -> list[Line]:
    return [
        Line(text, Style.DOUBT)
        for sentence in sentences
        for text in wrap(MARK + sentence, width, indent=" " * len(MARK))
    ]


def _plain(sentences: list[str], width: int) -> list[Line]:
    return [Line(text) for sentence in sentences for text in wrap(sentence, width)]
