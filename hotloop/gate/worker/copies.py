"""Forks of the worker's process, in each of which some of its samples are taken.

The pages that a copy writes to are dealt anew from the machine's memory, so that each copy
has other luck with the caches, at a hundredth of the cost of a new process.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
from pathlib import Path
from typing import Any, Callable  # noqa: UP035  (evaluated by Python 3.8)

from .process import die_with

# A fork copies the tables of all pages, 1 ms for some 100 MB.
LARGEST_COPIED_BYTES = 200 << 20


class CopyFailed(Exception):
    """The benchmark raised in a copy of this process; ``reply`` says what."""

    def __init__(self, reply: dict[str, object]) -> None:
        super().__init__(reply)
        self.reply = reply


def can_be_copied() -> bool:
    """Whether a fork of this process is as good as itself, and cheap.

    Threads do not survive a fork, and what waits for them then hangs.
    """
    try:
        threads = len(list(Path("/proc/self/task").iterdir()))
        resident = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return False
    return threads == 1 and resident * resource.getpagesize() <= LARGEST_COPIED_BYTES


def in_a_copy(answer: Callable[[], dict[str, object]]) -> list[float]:
    """The samples that ``answer`` gives in a fork of this process.

    It gives ``{"value": samples}``, or a reply with an error, which is raised as CopyFailed.
    A copy that ends before it has answered ends this process in the same way.
    """
    results, results_end = os.pipe()
    parent = os.getpid()
    copy = os.fork()
    if copy == 0:
        die_with(parent)
        received = json.dumps(answer()).encode()
        with contextlib.suppress(OSError):
            os.write(results_end, received)
        os._exit(0)
    os.close(results_end)
    with os.fdopen(results, "rb") as file:
        received = file.read()
    _, status = os.waitpid(copy, 0)
    if not received:
        if os.WIFSIGNALED(status):
            os.kill(parent, os.WTERMSIG(status))
        os._exit(os.WEXITSTATUS(status))
    reply: dict[str, Any] = json.loads(received)
    if "error" in reply:
        raise CopyFailed(reply)
    samples: list[float] = reply["value"]
    return samples
