"""The output of a command: the requested files, then the page on the screen."""

from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from hotloop.report import screen, terminal
from hotloop.report.exports import write_files
from hotloop.report.page import Page


def publish(
    page: Page,
    out: TextIO,
    *files: tuple[Path | None, Callable[[Path], None]],
    code: int | None = None,
) -> None:
    """Write each file by its function, then print the page, with ``code`` as ``screen`` does.

    Raises MeasurementError when a file cannot be written; the page is printed even so.
    """
    try:
        write_files(*files)
    finally:
        terminal.write(screen.lines(page, terminal.width_of(out), code), out)
