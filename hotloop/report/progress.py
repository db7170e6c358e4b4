"""The progress of a measurement: a bar on a terminal, lines elsewhere, nothing when quiet.

It goes to stderr, so that stdout has only the result. The bar is drawn only when
something is reported, never by a thread of its own: a thread would use the very cores
whose speed is being measured.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TextIO

from hotloop.base.text import no_command, sentence
from hotloop.report import screen, terminal
from hotloop.report.page import Page

if TYPE_CHECKING:
    import rich.progress


COUNT = re.compile(r"\b\d+\b")


class Progress(Protocol):
    """Receives what a measurement reports while it runs."""

    def report(self, what: str, done: float) -> None:
        """What is being done now, and the fraction of the whole that is done, 0 to 1."""
        ...

    def note(self, text: str) -> None:
        """A sentence that stays visible: what the user may want to know or do meanwhile."""
        ...


class Display(Progress, Protocol):
    """A Progress that whole pages can be shown on."""

    def show(self, page: Page) -> None:
        """A page that stays visible: what is known so far."""
        ...


@contextmanager
def progress_on(err: TextIO, quiet: bool) -> Iterator[Display]:
    """A ``Display`` on ``err`` until the context ends."""
    if quiet:
        yield _Silence()
    elif err.isatty():
        with _rich_progress(err) as bar:
            yield _Bar(bar, bar.add_task("", total=1.0))
    else:
        yield _Lines(err)


class _Silence:
    def report(self, what: str, done: float) -> None:
        pass

    def note(self, text: str) -> None:
        pass

    def show(self, page: Page) -> None:
        pass


@dataclass(slots=True)
class _Lines:
    """One line, at once, for each new step: a log then shows where it hangs.

    A higher count gets a line with the next per cent: thousands of pairs are a hundred lines.
    """

    err: TextIO
    last: tuple[str, str] = ("", "")

    def report(self, what: str, done: float) -> None:
        what = sentence(what)
        part, new = f"{done:4.0%}", COUNT.sub("", what)
        same_thing, same_part = new == self.last[1], part == self.last[0]
        if same_thing and (same_part or new == what):
            return
        self.last = (part, new)
        print(f"{part}  {what}", file=self.err, flush=True)

    def note(self, text: str) -> None:
        print(no_command(sentence(text)), file=self.err, flush=True)

    def show(self, page: Page) -> None:
        terminal.write(screen.lines(page, terminal.width_of(self.err)), self.err)
        self.err.flush()


@dataclass(frozen=True, slots=True)
class _Bar:
    bar: "rich.progress.Progress"
    task: "rich.progress.TaskID"

    def report(self, what: str, done: float) -> None:
        self.bar.update(self.task, description=sentence(what), completed=done, refresh=True)

    def note(self, text: str) -> None:
        self.bar.console.print(sentence(text), markup=False)

    def show(self, page: Page) -> None:
        console = self.bar.console
        terminal.print_on(console, screen.lines(page, console.width))


def _rich_progress(err: TextIO) -> "rich.progress.Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(file=err, highlight=False),
        auto_refresh=False,
        transient=True,
    )
