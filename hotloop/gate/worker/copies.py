"""Forks of the worker's process, each of which takes some of its samples.

The pages that a copy writes to are new pages of the machine's memory, so each copy has other
luck with the caches, at a hundredth of the cost of a new process.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Callable  # noqa: UP035  (evaluated by Python 3.8)

from .own import json, os, resource, select
from .process import die_with, forked, how_it_ended

# A fork copies the page tables: 1 ms for some 100 MB.
LARGEST_COPIED_BYTES = 200 << 20
# Ends a copy's answer.
END = b"\n"
# How often to check whether a silent copy is still alive.
POLL_S = 0.1


class CopyFailed(Exception):
    """The benchmark raised an error in a copy of this process; ``reply`` has it."""

    def __init__(self, reply: dict[str, object]) -> None:
        super().__init__(reply)
        self.reply = reply


def is_small() -> bool:
    """Whether forks of this process are cheap."""
    try:
        resident = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return False
    return resident * resource.getpagesize() <= LARGEST_COPIED_BYTES


def folder_like_this(here: Path, number: int) -> Path:
    """A new folder beside ``here``, with links to its contents; the driver removes it."""
    place = here.with_name(f"{here.name}-{number:04d}")
    place.mkdir()
    # Whatever umask the suite has set.
    place.chmod(0o700)
    for entry in here.iterdir():
        # What a set-up cache left is already a link.
        target = os.readlink(entry) if entry.is_symlink() else entry
        (place / entry.name).symlink_to(target)
    return place


def in_a_copy(answer: Callable[[], dict[str, object]]) -> list[float]:
    """The samples that ``answer`` gives in a fork of this process.

    It returns ``{"value": samples}``, or a reply with an error, which is raised as CopyFailed.
    If a copy ends before it has answered, this process ends in the same way.
    """
    results, results_end = os.pipe()
    parent = os.getpid()
    with forked() as copy:
        if copy == 0:
            die_with(parent)
            received = json.dumps(answer()).encode()
            with contextlib.suppress(OSError):
                os.write(results_end, received + END)
            os._exit(0)
        os.close(results_end)
        received, status = _last_words(results, copy)
        os.close(results)
    if not received.endswith(END):
        if os.WIFSIGNALED(status):
            os.kill(parent, os.WTERMSIG(status))
        os._exit(os.WEXITSTATUS(status))
    reply: dict[str, Any] = json.loads(received)
    if "error" in reply:
        raise CopyFailed(reply)
    samples: list[float] = reply["value"]
    return samples


def _last_words(results: int, copy: int) -> tuple[bytes, int]:
    """What a copy wrote to ``results``, and how it ended.

    Children of the benchmark may keep the pipe open, so its end cannot be waited for.
    """
    received = b""
    ended, status = 0, 0
    while not ended:
        if select.select([results], [], [], POLL_S)[0]:
            more = os.read(results, 1 << 16)
            received += more
            if not more or received.endswith(END):
                return received, how_it_ended(copy, 0)[1]
        ended, status = how_it_ended(copy, os.WNOHANG)
    while select.select([results], [], [], 0)[0] and (more := os.read(results, 1 << 16)):
        received += more
    return received, status
