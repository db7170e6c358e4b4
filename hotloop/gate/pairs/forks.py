"""Workers that are forks of a process which has imported the suite once.

    driver ──fork──> server ──fork()──> worker ──> prepare, run, finish, leave
           <──pid───────────────────────  │
           <──ended── server <────────────┘

In a large project, importing is most of the cost of a pair. As in asv, whose forks of one
server are the model, a benchmark finds its module imported. But here a server lives for one
batch of benchmarks only, so that each batch has another memory layout. The fork talks
through its server's pipes; meanwhile the server only waits.
"""

import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from hotloop.base.ending import last_words
from hotloop.timing.children import Child, memory_kills, obituary

# Ending a process that has nothing left to do takes milliseconds.
LEAVING_LIMIT_S = 5.0


class Fork:
    """A fork of ``server`` that runs one benchmark; used like a Child."""

    def __init__(self, server: Child, log: Path) -> None:
        self._server = server
        self._log = log
        self._pid: int | None = None
        self._has_ended = False
        self._memory_kills = memory_kills()

    @property
    def pid(self) -> int | None:
        """None until the fork has reported it."""
        return self._pid

    @property
    def replies(self) -> int:
        return self._server.replies

    def begin(self, suite: str, name: str, folder: Path, files: Sequence[str] = ()) -> None:
        """Let the server import what ``name`` needs and fork; the fork works in ``folder``.

        ``files`` are those of tests that later forks will run.
        """
        self._server.send(
            "fork",
            suite=suite,
            name=name,
            folder=os.fspath(folder),
            log=os.fspath(self._log),
            files=list(files),
        )

    def has_begun(self, limit_s: float) -> bool:
        """Wait for it; False if the server died or did not answer in time."""
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
        """The reply's value, or Lost; a fork that does not answer within ``limit_s`` is killed."""
        reply = self._server.receive(limit_s)
        if isinstance(reply, dict) and "ended" in reply:
            self._has_ended = True
            return obituary(int(reply["ended"]), self._log, self._memory_kills)
        return reply

    def last_words(self) -> str:
        return last_words(self._log)

    def leave(self) -> bool:
        """End it, and what is left of its group; False: its server can no longer be used."""
        if self._has_ended:
            # Its server has said so, and would leave itself.
            self.kill()
            return True
        self.send("leave")
        reply = self._server.receive(LEAVING_LIMIT_S)
        self.kill()
        return isinstance(reply, dict) and "ended" in reply

    def kill(self) -> None:
        """End it and every process of its session that stayed in its group."""
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)
