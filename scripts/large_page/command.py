"""``scripts/report-large-page``: make large results, the page of them, and open it.

Exit codes: 0 done, 2 usage, 4 nothing could be measured, 130 interrupted.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.machine import read_machine
from hotloop.base.units import duration, size
from hotloop.reports.output import INDEX
from scripts import frame
from scripts.large_page import stored

BROWSER = "chromium"
USAGE = """
  .venv/bin/python scripts/report-large-page FOLDER        2,000 rows, 5 years: writes and opens it

A browser's own start is taken off: an empty page is opened in turns with the large one.
"""


def main(arguments: Sequence[str]) -> int:
    """Make, write, open and print; returns the exit code."""
    parser = frame.parser(
        "report-large-page", "How large a page of thousands of results is, and how fast.", USAGE
    )
    parser.add_argument("folder", type=Path, help="where results and page go; it must be new")
    parser.add_argument("--rows", type=int, default=2000, help="of the gate (default: %(default)s)")
    parser.add_argument(
        "--commits", type=int, default=260, help="of the history, one a week (default: %(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=7, help="(default: %(default)s)")
    namespace = parser.parse_args(arguments)
    return frame.exit_code("report-large-page", lambda: _run(namespace))


def _run(namespace: argparse.Namespace) -> int:
    if min(namespace.rows, namespace.commits) < 20 or namespace.rounds < 1:
        raise UsageError("give 20 --rows and 20 --commits or more, and 1 --rounds or more")
    folder: Path = namespace.folder.absolute()
    if folder.exists():
        raise UsageError(f"{folder} is there already: give a new folder")
    folder.mkdir(parents=True)
    stored.gate(folder / "gate.json", namespace.rows, read_machine(()))
    stored.history(folder / "history", namespace.commits)
    page = folder / "page" / INDEX
    report = [sys.executable, "-m", "hotloop", "report", "gate.json", "history", "-o", "page"]
    written_s = _timed(report, folder)
    print(f"page: {size(page.stat().st_size)}, written in {duration(written_s)}")
    if shutil.which(BROWSER) is None:
        raise MeasurementError(f"{BROWSER} is not installed: nothing opened it")
    empty = folder / "empty.html"
    empty.write_text("<!doctype html><title>empty</title>", encoding="utf-8")
    more = []
    for _ in range(namespace.rounds):
        empty_s, large_s = (_timed(_opening(file), folder) for file in (empty, page))
        more.append(large_s - empty_s)
    print(
        f"opened and drawn in {duration(statistics.median(more))} more than an empty page "
        f"({duration(min(more))} to {duration(max(more))} in {namespace.rounds} rounds)"
    )
    return 0


def _opening(file: Path) -> list[str]:
    """The browser loads the file, lays it out, paints a window of it and ends."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1280,800"]
    return [BROWSER, *options, "--screenshot=shot.png", file.as_uri()]


def _timed(command: Sequence[str], folder: Path) -> float:
    """Seconds of wall clock. Raises MeasurementError if the command fails."""
    start_s = time.perf_counter()
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or ["nothing"]
        raise MeasurementError(f"{command[0]} ended with {ended.returncode} and said {said[-1]}")
    return time.perf_counter() - start_s
