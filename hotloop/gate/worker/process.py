"""What a worker has to do with its operating system: descriptors, signals, memory."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

STANDARD_INPUT = 0
# The process to end first where memory runs out: the highest value (proc(5)).
FIRST_TO_END = "1000"


def end_if_forked(pid: int) -> None:
    """End the child of a benchmark that forked and came back from the call twice."""
    if os.getpid() != pid:
        os._exit(0)


def identity(descriptor: int) -> object:
    """Which pipe a descriptor stands for; None once it is closed."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def apart_from_standard_input() -> int:
    """Keep the commands from the benchmark and its children, who read an empty input."""
    commands = os.dup(STANDARD_INPUT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, STANDARD_INPUT)
    os.close(nothing)
    return commands


def print_to(log: str) -> None:
    """Let all output from here on go to a file."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(file, descriptor)
    os.close(file)


def flush_output() -> None:
    """Write out what the benchmark printed, unless it closed its output."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sys.stdout.flush()


def end_first_when_memory_ends() -> None:
    """Let the kernel take this process, not the driver, where memory runs out."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_END)


def die_with(parent: int) -> None:
    """Ask Linux to kill this process when its parent ends, even by SIGKILL, in mid-call."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(ImportError):
            import ctypes

            set_parent_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
            ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
