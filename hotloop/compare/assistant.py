"""The process that knows the user's modules (``inside.judge``), and how to ask it.

The driver imports nothing of the user's, so that no line of theirs can stop it, print into its
table or be the reason that two runs differ.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from hotloop.timing.children import Child, Lost
from hotloop.timing.processes import launch

# Comparing two large answers may take this long.
ANSWER_LIMIT_S = 120.0


class Assistant:
    """Started by ``begin`` or when it is first asked; use as a context, whose end ends it."""

    def __init__(self, folder: Path, python: str | None) -> None:
        self._folder = folder
        self._python = python
        self._sources: Sequence[Mapping[str, object]] = ()
        self._child: Child | None = None
        self._is_ready = False

    def begin(self) -> None:
        """Let it import what it needs while its driver does other things."""
        if self._child is None:
            command, environment = launch("hotloop.compare.inside.judge", self._python)
            log = self._folder / "judge.log"
            self._child = Child(command, [str(os.getpid())], log, environment=environment)
            self._is_ready = False

    def know(self, sources: Sequence[Mapping[str, object]]) -> None:
        """Where objects in answers may come from."""
        self._sources = sources

    def ask(self, command: str, limit_s: float = ANSWER_LIMIT_S, **arguments: object) -> Any | Lost:
        """What it says within ``limit_s``, or why it says nothing; after that it starts anew."""
        self.begin()
        assert self._child is not None
        if not self._is_ready:
            search_path = sys.path if self._python is None else None
            self._child.send("start", search_path=search_path, sources=list(self._sources))
            self._child.receive(ANSWER_LIMIT_S)
            self._is_ready = True
        self._child.send(command, **arguments)
        reply = self._child.receive(limit_s)
        if isinstance(reply, Lost):
            self._end()
        return reply

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.reap()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()


@contextmanager
def workplace(python: str | None) -> Iterator[tuple[Path, Assistant]]:
    """A folder for answers, and the process that knows the user's modules."""
    with (
        tempfile.TemporaryDirectory(prefix="hotloop-") as name,
        Assistant(Path(name), python) as assistant,
    ):
        yield Path(name), assistant
