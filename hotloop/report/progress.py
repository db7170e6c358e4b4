"""How far a measurement is: a bar on a terminal, lines elsewhere, nothing when quiet.

What is shown goes to stderr, so that stdout holds the result alone. The bar is drawn
only when something is reported, never by a thread of its own: a thread would take
its turns from the very cores whose speed is being measured.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from hotloop.units import percent

Report = Callable[[str, float], None]
"""Takes what is being done and which part of the whole is done, 0 to 1."""


@contextmanager
def shown_on(err: TextIO, quiet: bool) -> Iterator[Report]:
    """A ``Report`` that shows on ``err`` until the context ends."""
    if quiet:
        yield _nothing
    elif err.isatty():
        with _bar(err) as report:
            yield report
    else:
        yield _lines(err)


def _nothing(_what: str, _done: float) -> None:
    pass


def _lines(err: TextIO) -> Report:
    """One line for each thing that is being done, at once, so that a log shows where it hangs."""
    last: list[str] = []

    def report(what: str, done: float) -> None:
        if last != [what]:
            last[:] = [what]
            print(f"{percent(done):>5}  {what}", file=err, flush=True)

    return report


@contextmanager
def _bar(err: TextIO) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"))
    console = Console(file=err, highlight=False)
    with Progress(*columns, console=console, auto_refresh=False, transient=True) as progress:
        task = progress.add_task("", total=1.0)

        def report(what: str, done: float) -> None:
            progress.update(task, description=what, completed=done, refresh=True)

        yield report
