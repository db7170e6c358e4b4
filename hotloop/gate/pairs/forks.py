"""Workers that are forks of a process which has imported the suite once.

    driver ──fork──> server ──fork()──> worker ──> prepare, run, finish, leave
           <──pid───────────────────────  │
           <──ended── server <────────────┘

Importing is most of what a pair costs where the project is large. As with asv, whose
forks of one server are the model, a benchmark finds its module imported; here the server
lives for one batch of benchmarks only, so that each batch lies elsewhere in memory.
The fork talks through its server's pipes; the server meanwhile does nothing but wait.
"""

import contextlib
import os
import signal
from pathlib import Path

from hotloop.timing.children import Child, last_words, memory_kills, obituary

# To end a process that has nothing left to do takes milliseconds.
LEAVING_LIMIT_S = 5.0


class Fork:
    """A fork of ``server``, which runs one benchmark; used as a Child is."""

    def __init__(self, server: Child, log: Path) -> None:
        self._server = server
        self._log = log
        self._pid: int | None = None
        self._memory_kills = memory_kills()

    @property
    def pid(self) -> int | None:
        """None until it has said so."""
        return self._pid

    @property
    def replies(self) -> int:
        return self._server.replies

    def begin(self, suite: str, name: str, folder: Path) -> None:
        """Let the server import what ``name`` needs and fork; ``folder`` becomes the fork's."""
        self._server.send(
            "fork", suite=suite, name=name, folder=os.fspath(folder), log=os.fspath(self._log)
        )

    def has_begun(self, limit_s: float) -> bool:
        """Wait for it; False where the server did not live, or did not answer in time."""
        reply = self._server.receive(limit_s)
        if not isinstance(reply, dict) or "pid" not in reply:
            return False
        self._pid = int(reply["pid"])
        return True

    def send(self, command: str, **arguments: object) -> None:
        self._server.send(command, **arguments)

    def has_news(self) -> bool:
        return self._server.has_news()

    def receive(self, limit_s: float) -> object:
        """The reply's value, or Lost; who does not answer within ``limit_s`` is killed."""
        reply = self._server.receive(limit_s)
        if isinstance(reply, dict) and "ended" in reply:
            return obituary(int(reply["ended"]), self._log, self._memory_kills)
        return reply

    def last_words(self) -> str:
        return last_words(self._log)

    def leave(self) -> bool:
        """End it, and what is left of its group; False: its server is of no further use."""
        self.send("leave")
        reply = self._server.receive(LEAVING_LIMIT_S)
        self.kill()
        return isinstance(reply, dict) and "ended" in reply

    def kill(self) -> None:
        """End it and every process of its session that stayed in its group."""
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)
