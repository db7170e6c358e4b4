"""Lines on a terminal in colour, anywhere else as they are."""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO

from hotloop.report.layout import Line, Style

# A file or a pipe has no width; the ladder's table fits here with nothing left out.
PLAIN_WIDTH = 110
# Where a terminal does not tell its height either, shutil wants one; nothing here uses it.
_ANY_HEIGHT = 24

_RICH_STYLES = {
    Style.PLAIN: "",
    Style.HEAD: "bold",
    Style.BAD: "red",
    Style.DOUBT: "yellow",
    Style.ABSENT: "dim",
}


def width_of(out: TextIO) -> int:
    """The terminal's width, or COLUMNS where it is set; PLAIN_WIDTH for anything else."""
    if not out.isatty():
        return PLAIN_WIDTH
    return shutil.get_terminal_size((PLAIN_WIDTH, _ANY_HEIGHT)).columns


def write(lines: Iterable[Line], out: TextIO) -> None:
    """Print the lines; colours only on a terminal, and none where NO_COLOR is set.

    A reader that has gone, as ``head`` does, has what it wanted: the rest is dropped, so
    that the command still ends with the code of its result.
    """
    if out.isatty():
        _write_rich(lines, out)
        return
    with suppress(BrokenPipeError):
        out.writelines(f"{line.text}\n" for line in lines)


def _write_rich(lines: Iterable[Line], out: TextIO) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=out, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text(line.text, style=_RICH_STYLES[line.style]))
