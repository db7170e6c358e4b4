"""A child process that takes commands and gives replies, and what is left of one that died.

Commands go to the child's standard input, one JSON line ``[name, arguments]`` each;
replies come on a pipe of their own, one JSON line ``{"value": ...}`` or ``{"error":
..., "message": ...}`` each, so that whatever the child prints goes to its log. A child
leads a session of its own: ending it ends what it started, and only the driver gets Ctrl-C.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.ending import how_it_ended, last_words

# How often to check whether a silent child is still alive: if it forked, its pipe stays open
# after its death.
POLL_S = 0.1
# Command lines of children that are compared are equally long: see ``memory_layout``.
DESCRIPTOR_WIDTH = 7
# Only the kernel and other tools send it by themselves; the kernel if memory runs out.
OUT_OF_MEMORY_SIGNAL = signal.SIGKILL
HANGS = "it hangs"
# What a child cannot have raised: it died, or did not answer in time.
DIED = "WorkerDied"
HUNG = "WorkerHung"


@dataclass(frozen=True, slots=True)
class Lost:
    """Why a child gave no value: it raised ``error``, died, or did not answer in time."""

    error: str
    message: str

    @property
    def has_answered(self) -> bool:
        """Whether the child itself said so, and may go on."""
        return self.error not in (DIED, HUNG)


class Child:
    """A running child process; ``reap`` must follow ``kill``.

    ``command`` is run with the number of the replies' descriptor and ``arguments``
    added. Raises OSError if it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        arguments: Sequence[str],
        log: Path,
        pass_fds: Sequence[int] = (),
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self._log = log
        self._unread = b""
        self._kept: list[object] = []
        self._memory_kills = memory_kills()
        self.replies, replies_end = os.pipe()
        try:
            with log.open("wb") as output:
                self._process = subprocess.Popen(
                    [*command, f"{replies_end:0{DESCRIPTOR_WIDTH}d}", *arguments],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=output,
                    pass_fds=(replies_end, *pass_fds),
                    env=environment,
                    cwd=folder,
                    # The driver handles Ctrl-C and ends the children itself.
                    start_new_session=True,
                )
        except BaseException:
            os.close(self.replies)
            raise
        finally:
            os.close(replies_end)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, command: str, **arguments: object) -> None:
        assert self._process.stdin is not None
        # The missing reply shows that a child is dead.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps([command, arguments]).encode() + b"\n")
            self._process.stdin.flush()

    def put_back(self, reply: object) -> None:
        self._kept.append(reply)

    def has_news(self) -> bool:
        """Whether there is something to receive: an answer, or the end."""
        if self._kept or b"\n" in self._unread:
            return True
        return bool(select.select([self.replies], [], [], 0)[0]) or self._ended()

    def receive(self, limit_s: float) -> object:
        """The reply's value, or Lost; a child that does not answer within ``limit_s`` is killed."""
        if self._kept:
            return self._kept.pop(0)
        deadline = time.monotonic() + limit_s
        while b"\n" not in self._unread:
            left_s = max(0.0, deadline - time.monotonic())
            ended = self._ended()
            if select.select([self.replies], [], [], 0.0 if ended else min(left_s, POLL_S))[0]:
                received = os.read(self.replies, 1 << 16)
                if not received:
                    return self._obituary()
                self._unread += received
            elif ended:
                return self._obituary()
            elif left_s <= 0:
                self.kill()
                return hung(limit_s)
        line, _, self._unread = self._unread.partition(b"\n")
        return _told(line)

    def kill(self) -> None:
        """End it and every process of its session that stayed in its group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def reap(self) -> None:
        self._process.wait()
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        os.close(self.replies)

    def last_words(self) -> str:
        """The last line that it printed, or nothing."""
        return last_words(self._log)

    def _ended(self) -> bool:
        return self._process.poll() is not None

    def _obituary(self) -> Lost:
        return obituary(self._process.wait(), self._log, self._memory_kills)


def obituary(code: int, log: Path, memory_kills_before: int) -> Lost:
    """A sentence on a process that ended with ``code`` (negative: by that signal)."""
    how = how_it_ended(code)
    if -code == OUT_OF_MEMORY_SIGNAL and memory_kills() > memory_kills_before:
        how = f"{how}: the machine had no memory left"
    words = last_words(log)
    return Lost(DIED, f"the process died ({how}){f': {words}' if words else ''}")


def _told(line: bytes) -> object:
    """The value in a reply, or Lost: an error, or half a reply of a process that died."""
    try:
        reply = json.loads(line)
    except ValueError:
        return Lost(DIED, "the process died while it answered")
    return Lost(reply["error"], reply["message"]) if "error" in reply else reply["value"]


def hung(limit_s: float) -> Lost:
    """A sentence on a child that did not answer within ``limit_s``."""
    return Lost(HUNG, f"no answer after {limit_s:.0f} s: {HANGS}")


def memory_kills() -> int:
    """How many processes Linux has killed for lack of memory since it started; 0 if unknown."""
    try:
        counters = Path("/proc/vmstat").read_text()
    except OSError:
        return 0
    return parse_memory_kills(counters)


def parse_memory_kills(counters: str) -> int:
    """The oom_kill line of Linux's /proc/vmstat."""
    for line in counters.splitlines():
        name, _, count = line.partition(" ")
        if name == "oom_kill":
            return int(count)
    return 0
