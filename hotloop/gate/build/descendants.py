"""What a process started, and what that started in turn."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path


def end_descendants(pid: int) -> None:
    """Kill everything that the process ``pid`` started.

    asv loses a command that it is just starting. Does nothing if the system does not list
    children (Linux does).
    """
    for descendant in list(_descendants(pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(descendant, signal.SIGKILL)


def _descendants(pid: int) -> Iterator[int]:
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        # A process that ends meanwhile has no list any more.
        with contextlib.suppress(OSError):
            for child in map(int, listed.read_text(encoding="ascii").split()):
                yield child
                yield from _descendants(child)
