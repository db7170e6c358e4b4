"""What Cython says of its own work: which lines of a file still touch Python (``cython -a``).

Its page has a score for each line, 0 for pure C. One thing it scores 0: a check for exceptions that
takes the GIL, of which it tells only in a hint while it compiles.
"""

import re
from dataclasses import dataclass

# A line of the source, its score and number, then the C that was made of it, up to the next line.
LINE = re.compile(
    r'<pre class="cython line score-(?P<score>\d+)"[^>]*>.*?<span class="">(?P<number>\d+)</span>'
    r'(?P<rest>.*?)(?=<pre class="cython line score-|\Z)',
    re.DOTALL,
)
HIDDEN = "WithGIL"
LOOP = re.compile(r"(for|while)\b")
HEAD = re.compile(r"(cp?def|def)\b.*?(?P<name>\w+)\(")


@dataclass(frozen=True, slots=True)
class LinesLeft:
    """Of the ``lines`` in loops, comments left out, how many are ``touching`` Python."""

    touching: int
    lines: int


def scores(page: str) -> dict[int, int]:
    """The score of each line, by its number."""
    return {int(found["number"]): int(found["score"]) for found in LINE.finditer(page)}


def touching(page: str) -> frozenset[int]:
    """The numbers of the lines that touch Python, from 1."""
    return frozenset(
        int(found["number"])
        for found in LINE.finditer(page)
        if int(found["score"]) > 0 or HIDDEN in found["rest"]
    )


def lines_left(source: str, page: str, ending: str) -> LinesLeft:
    """Of the loops in the functions whose names end with ``ending``."""
    touch = touching(page)
    numbers = _lines_of_loops(source, ending)
    return LinesLeft(len(touch & numbers), len(numbers))


def _lines_of_loops(source: str, ending: str) -> frozenset[int]:
    found, is_meant, loop = set(), False, None
    for number, line in enumerate(source.splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        if indent == 0:
            head = HEAD.match(line)
            # A signature of several lines ends with a line that is not indented.
            is_meant = head["name"].endswith(ending) if head else is_meant and text[0] == ")"
            loop = None
        elif loop is not None and indent <= loop:
            loop = None
        if is_meant and loop is None and LOOP.match(text):
            loop = indent
        if is_meant and loop is not None:
            found.add(number)
    return frozenset(found)
