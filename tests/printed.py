"""What a person sees: a page as the terminal shows it, to be held to stored texts."""

from typing import Protocol

from hotloop.report import screen
from hotloop.report.page import Page
from hotloop.report.terminal import PLAIN_WIDTH


class Golden(Protocol):
    """The fixture ``golden``: fails unless both texts are those stored under ``name``."""

    def __call__(self, name: str, stdout: str, stderr: str = "") -> None: ...


def text(page: Page, width: int = PLAIN_WIDTH, code: int | None = None) -> str:
    """All lines of a page; ``code`` as in ``screen.lines``."""
    return "".join(f"{line.text}\n" for line in screen.lines(page, width, code))
