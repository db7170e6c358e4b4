"""Markdown tables."""

from collections.abc import Iterable, Sequence
from typing import TextIO


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines] if rows else ["no runs yet"]


def write(out: TextIO, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table whose rows take long: each is written when it is known."""
    for number, row in enumerate(rows):
        lines = table(head, [row])
        out.write("\n".join(lines[2:] if number else lines) + "\n")
        out.flush()
