"""Source text to read in place: whole, or as what changed from another text.

The changes are those of ``difflib`` (Ratcliff and Obershelp's matching, as in ``diff -u``).
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Change(Enum):
    """What became of a line; the value begins it, as in ``diff -u``."""

    KEPT = " "
    REMOVED = "-"
    ADDED = "+"


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines under a title that says whose they are; ``note``: what they are read against."""

    title: str
    note: str
    lines: Sequence[tuple[Change, str]]


def whole(text: str) -> list[tuple[Change, str]]:
    """Every line, as it is."""
    return [(Change.KEPT, line) for line in text.splitlines()]


def changes(before: str, after: str) -> list[tuple[Change, str]]:
    """Every line of both texts, in order, those that both have once."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    marked = {f"{change.value} ": change for change in Change}
    # ndiff's lines that begin with "? " point into the line above.
    return [(marked[line[:2]], line[2:]) for line in lines if line[:2] in marked]
