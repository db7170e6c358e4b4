"""Print lines in colour on a terminal, as they are anywhere else."""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from hotloop.report.layout import Line, Style

if TYPE_CHECKING:
    import rich.console

# A file or a pipe has no width; the ladder's table fits here with nothing left out.
PLAIN_WIDTH = 110
# shutil wants a height too, in case the terminal has none; nothing here uses it.
_ANY_HEIGHT = 24

_RICH_STYLES = {
    Style.PLAIN: "",
    Style.HEAD: "bold",
    Style.BAD: "red",
    Style.GOOD: "green",
    Style.DOUBT: "yellow",
    Style.ABSENT: "dim",
}


def width_of(out: TextIO) -> int:
    """The terminal's width, or COLUMNS if it is set; PLAIN_WIDTH for anything else."""
    if not out.isatty():
        return PLAIN_WIDTH
    return shutil.get_terminal_size((PLAIN_WIDTH, _ANY_HEIGHT)).columns


def write(lines: Iterable[Line], out: TextIO) -> None:
    """Print the lines, in colour only on a terminal and only without NO_COLOR.

    If the reader goes, as ``head`` does, it has what it wanted: the rest is dropped, and the
    command still ends with the code of its result.
    """
    if out.isatty():
        _write_rich(lines, out)
        return
    with suppress(BrokenPipeError):
        out.writelines(f"{line.text}\n" for line in lines)


def print_on(console: "rich.console.Console", lines: Iterable[Line]) -> None:
    """Print the lines at once, in the colours that the console has, and break none."""
    from rich.text import Text

    texts = (Text(line.text, style=_RICH_STYLES[line.style]) for line in lines)
    console.print(Text("\n").join(texts), soft_wrap=True)


def _write_rich(lines: Iterable[Line], out: TextIO) -> None:
    from rich.console import Console

    print_on(Console(file=out, highlight=False), lines)
