"""Progress: lines for a log, a bar for a terminal, silence when quiet."""

import io

import pytest

from hotloop.report.progress import Progress, progress_on


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def tell(progress: Progress) -> None:
    progress.report("first call of python", 0.0)
    progress.report("timing", 0.2)
    progress.report("timing", 0.4)
    progress.note("[python] takes 9 s a call")
    progress.report("timing again", 1.0)


def test_a_log_gets_a_line_for_each_new_thing() -> None:
    err = io.StringIO()
    with progress_on(err, quiet=False) as progress:
        tell(progress)
    assert err.getvalue().splitlines() == [
        "  0%  first call of python",
        " 20%  timing",
        "[python] takes 9 s a call",
        "100%  timing again",
    ]


@pytest.mark.parametrize("err", [io.StringIO(), Terminal()])
def test_quiet_is_silent(err: io.StringIO) -> None:
    with progress_on(err, quiet=True) as progress:
        tell(progress)
    assert err.getvalue() == ""


def test_a_terminal_gets_a_bar_and_keeps_the_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    err = Terminal()
    with progress_on(err, quiet=False) as progress:
        tell(progress)
    shown = err.getvalue()
    assert "40%" in shown
    assert "[python] takes 9 s a call" in shown
    assert shown.endswith("\x1b[2K")  # the bar's line is wiped at the end
