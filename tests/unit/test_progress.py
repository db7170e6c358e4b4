"""Progress: lines for a log, a bar for a terminal, silence when quiet."""

import io

import pytest

from hotloop.report.layout import Align, Column, Row, Table
from hotloop.report.progress import Progress, progress_on

SO_FAR = Table(
    (Column("variant", Align.LEFT), Column("time")),
    (Row(("python", "1.75 s")), Row(("[lanes]", "900 us"))),
)
LINES = ["variant    time", "python   1.75 s", "[lanes]  900 us"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def tell(progress: Progress) -> None:
    progress.report("first call of python", 0.0)
    progress.report("timing", 0.2)
    progress.report("timing", 0.4)
    progress.note("[python] takes 9 s a call")
    progress.show(SO_FAR)
    progress.report("timing again", 1.0)


def test_a_log_gets_a_line_for_each_new_thing() -> None:
    err = io.StringIO()
    with progress_on(err, quiet=False) as progress:
        tell(progress)
    assert err.getvalue().splitlines() == [
        "  0%  first call of python",
        " 20%  timing",
        "[python] takes 9 s a call",
        *LINES,
        "100%  timing again",
    ]


def test_a_log_gets_a_count_that_goes_up_once_a_per_cent() -> None:
    err = io.StringIO()
    with progress_on(err, quiet=False) as progress:
        for pairs in range(1000):
            progress.report(f"{pairs} pairs", pairs / 1000)
        progress.report("1 of 2 environments", 1.0)
    lines = err.getvalue().splitlines()
    assert len(lines) == 102
    assert lines[:2] == ["  0%  0 pairs", "  1%  6 pairs"]
    assert lines[-1] == "100%  1 of 2 environments"


@pytest.mark.parametrize("err", [io.StringIO(), Terminal()])
def test_quiet_is_silent(err: io.StringIO) -> None:
    with progress_on(err, quiet=True) as progress:
        tell(progress)
    assert err.getvalue() == ""


def test_a_terminal_gets_a_bar_and_keeps_notes_and_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    err = Terminal()
    with progress_on(err, quiet=False) as progress:
        tell(progress)
    shown = err.getvalue()
    assert "40%" in shown
    assert "[python] takes 9 s a call" in shown
    assert all(f"{line}\n" in shown for line in LINES)
    assert shown.endswith("\x1b[2K")  # the bar's line is wiped at the end
