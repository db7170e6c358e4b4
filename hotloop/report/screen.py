"""A page as lines of a screen."""

from collections.abc import Sequence

from hotloop.base.text import name, sentence
from hotloop.report.layout import Line, Style, fit, wrap
from hotloop.report.page import Page

SEGMENT_GAP = " " * 4
MARK = "! "


def lines(page: Page, width: int) -> tuple[Line, ...]:
    """The lines to print, at most ``width`` wide as far as names and figures allow."""
    fitted = [fit(table, width) for table in page.tables]
    left_out = [head for table in fitted for head in table.left_out]
    return (
        *packed(page.head, width),
        *plain(page.said, width),
        *(line for table in fitted for line in (Line(""), *table.lines)),
        Line(""),
        *marked(page.doubts, width),
        *plain(page.remarks, width),
        *no_room(left_out, width),
        *plain(page.closing, width),
    )


def packed(segments: Sequence[str], width: int) -> list[Line]:
    """Segments on as few lines as they need, broken only where one is wider than the screen."""
    first, *others = map(name, segments)
    texts = [first]
    for segment in others:
        longer = f"{texts[-1]}{SEGMENT_GAP}{segment}"
        if len(longer) <= width:
            texts[-1] = longer
        else:
            texts.append(segment)
    return [Line(line) for text in texts for line in wrap(text, width)]


def marked(sentences: Sequence[str], width: int) -> list[Line]:
    """Doubts, each with its mark."""
    return [
        Line(text, Style.DOUBT)
        for said in sentences
        for text in wrap(MARK + sentence(said), width, indent=" " * len(MARK))
    ]


def plain(sentences: Sequence[str], width: int) -> list[Line]:
    """Sentences as they are, each on lines of its own."""
    return [Line(text) for said in sentences for text in wrap(sentence(said), width)]


def no_room(left_out: Sequence[str], width: int) -> list[Line]:
    """The columns that a screen was too narrow for; nothing where there are none."""
    return plain([f"no room here for: {', '.join(left_out)}"] if left_out else [], width)
