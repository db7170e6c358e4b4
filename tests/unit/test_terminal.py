"""What reaches a terminal, a file, and a reader that has gone."""

import io
import re
from collections.abc import Iterable

import pytest

from hotloop.report import terminal
from hotloop.report.layout import Line, Style

LINES = [Line("head", Style.HEAD), Line("! 40 % [of] it", Style.DOUBT), Line(""), Line("x" * 200)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class ClosedPipe(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]
        for line in lines:
            self.write(line)


@pytest.fixture
def colours(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A terminal that can show colours, whatever the tests run in."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return monkeypatch


def test_a_file_gets_the_text_alone() -> None:
    out = io.StringIO()
    terminal.write(LINES, out)
    assert out.getvalue() == f"head\n! 40 % [of] it\n\n{'x' * 200}\n"


@pytest.mark.usefixtures("colours")
def test_a_terminal_gets_the_same_text_in_colour() -> None:
    out = Terminal()
    terminal.write(LINES, out)
    assert "\x1b[1mhead\x1b[0m" in out.getvalue()
    assert "\x1b[33m! 40" in out.getvalue()
    plain = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    assert plain == f"head\n! 40 % [of] it\n\n{'x' * 200}\n"


def test_no_color_is_respected(colours: pytest.MonkeyPatch) -> None:
    colours.setenv("NO_COLOR", "1")
    out = Terminal()
    terminal.write(LINES, out)
    assert not re.search(r"\x1b\[(3|4|9)[0-9]", out.getvalue())


def test_a_reader_that_has_gone_is_no_error() -> None:
    terminal.write(LINES, ClosedPipe())


def test_a_terminal_is_as_wide_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert terminal.width_of(Terminal()) == 80
    assert terminal.width_of(io.StringIO()) == terminal.PLAIN_WIDTH
