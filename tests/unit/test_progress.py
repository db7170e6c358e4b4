"""Progress: lines for a log, a bar for a terminal, silence when quiet."""

import io

import pytest

from hotloop.report.layout import Align, Column, Row, Style, Table
from hotloop.report.page import Page
from hotloop.report.progress import Display, progress_on

ROWS = (
    Row(("python", "1.75 s", "one by one")),
    Row(("[lanes]", "900 us", "several at once"), style=Style.BAD),
)
COLUMNS = (Column("variant", Align.LEFT), Column("time"), Column("idea", dispensable=1))
SO_FAR = Page(head=["so far:"], tables=[Table(COLUMNS, ROWS)], doubts=[], remarks=[], closing=[])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def tell(progress: Display) -> None:
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
        "so far:",
        "",
        "variant    time             idea",
        "python   1.75 s       one by one",
        "[lanes]  900 us  several at once",
        "",
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


def test_a_terminal_gets_a_bar_and_keeps_notes_and_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    err = Terminal()
    with progress_on(err, quiet=False) as progress:
        tell(progress)
    shown = err.getvalue()
    assert "40%" in shown
    assert "[python] takes 9 s a call" in shown
    assert "\x1b[1mvariant    time             idea\x1b[0m\n" in shown
    assert "\x1b[31m[lanes]  900 us  several at once\x1b[0m\n" in shown
    assert shown.endswith("\x1b[2K")  # the bar's line is wiped at the end


def test_a_page_is_no_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "30")
    err = Terminal()
    with progress_on(err, quiet=False) as progress:
        progress.show(SO_FAR)
    assert "python   1.75 s\n" in err.getvalue()
    assert "no room here for: idea\n" in err.getvalue()
