"""A page as lines of a screen."""

from collections.abc import Sequence

from hotloop.base.text import name, sentence
from hotloop.report.layout import GAP, Line, Style, fit, wrap
from hotloop.report.page import Page
from hotloop.report.terminal import PLAIN_WIDTH

SEGMENT_GAP = " " * 4
MARK = "! "


def lines(page: Page, width: int, code: int | None = None) -> tuple[Line, ...]:
    """The lines to print, at most ``width`` wide as far as names and figures allow.

    ``code``: the exit code, which a page with an answer shows beside it.
    """
    fitted = [fit(table, width) for table in page.tables]
    left_out = [head for table in fitted for head in table.left_out]
    return (
        *packed(page.head, width),
        *plain(page.said, width),
        *(line for table in fitted for line in (Line(""), *table.lines)),
        Line(""),
        *marked(page.doubts, width),
        *plain(page.remarks, width),
        *plain([f"no room here for: {', '.join(left_out)}"] if left_out else [], width),
        *_last(page, width, code),
    )


def packed(segments: Sequence[str], width: int) -> list[Line]:
    """Segments on as few lines as possible, broken only if one is wider than the screen."""
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


def _last(page: Page, width: int, code: int | None) -> list[Line]:
    """How long it took; before it the answer, and at the right the exit code.

    In two lines if one is too narrow.
    """
    if page.answer is None:
        return plain(page.closing, width)
    width = min(width, PLAIN_WIDTH)
    answer, cost, ending = page.answer, "; ".join(page.closing), f"exit code {code}"
    whole = f"{answer}. {cost}"
    if len(whole) + len(GAP) + len(ending) <= width:
        return [Line(f"{whole}{ending:>{width - len(whole)}}")]
    above = plain([cost], width)
    if len(answer) + len(GAP) + len(ending) <= width:
        return [*above, Line(f"{answer}{ending:>{width - len(answer)}}")]
    return [*above, *plain([answer, ending], width)]
