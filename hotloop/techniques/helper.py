"""A process of ``inside`` that does one thing for the driver, within a limit of time."""

import os
import sys
from pathlib import Path
from typing import Any, Self

from hotloop.timing.children import Child, Lost
from hotloop.timing.processes import launch

# An answer that has begun to come is short.
READY_S = 1.0


class Helper:
    """Started at once; use as a context, whose end ends it and all that it started."""

    def __init__(self, module: str, log: Path) -> None:
        command, environment = launch(module, None)
        # What libraries warn of is not meant for the user of another technique.
        quiet = environment | {"PYTHONWARNINGS": "ignore"}
        self._child = Child(command, [str(os.getpid())], log, environment=quiet)
        self._child.send("start", search_path=sys.path)
        self._unread = 1

    def ask(self, command: str, **arguments: object) -> None:
        """Begin; ``answer`` waits for the end."""
        self._child.send(command, **arguments)
        self._unread += 1

    def answer(self, limit_s: float) -> Any | Lost:
        """The answer to the last question, or why there is none."""
        reply: Any = None
        while self._unread and not isinstance(reply, Lost):
            self._unread -= 1
            reply = self._child.receive(limit_s)
        return reply

    @property
    def has_answer(self) -> bool:
        """Whether ``answer`` would not wait."""
        while self._unread > 1 and self._child.has_news():
            reply = self._child.receive(READY_S)
            self._unread -= 1
            if isinstance(reply, Lost):
                # It will not come to the question.
                self._child.put_back(reply)
                self._unread = 1
        return self._unread == 1 and self._child.has_news()

    def end(self) -> None:
        self._child.kill()
        self._child.reap()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
