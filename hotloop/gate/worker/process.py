"""What a worker needs from the operating system: descriptors, signals, memory."""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
import warnings
from pathlib import Path
from typing import Callable, Iterator  # noqa: UP035  (evaluated by Python 3.8)

from .own import os, signal, time

STANDARD_INPUT = 0
# Numba loads it when parallel code runs for the first time.
OPENMP = "numba.np.ufunc.omppool"
# The highest value: this process is ended first when memory runs out (proc(5)).
FIRST_TO_END = "1000"
# A fork that has nothing to do ends at once, unless a library's hook holds it up.
EMPTY_FORK_LIMIT_S = 2.0
EMPTY_FORK_POLL_S = 1e-3


def end_if_forked(pid: int) -> None:
    """End the child if a benchmark forked and its call returned twice."""
    if os.getpid() != pid:
        os._exit(0)


def threads() -> int:
    """How many threads this process has, including those of libraries if the system lists them."""
    try:
        return len(list(Path("/proc/self/task").iterdir()))
    except OSError:
        return threading.active_count()


def children() -> int:
    """How many processes of its own this one has; 0 if the system does not list them."""
    found = 0
    for thread in Path("/proc/self/task").glob("*/children"):
        # A thread may end meanwhile.
        with contextlib.suppress(OSError):
            found += len(thread.read_text().split())
    return found


def goes_on_in_forks() -> bool:
    """Whether a fork of this process can do all that this process does.

    It has none of its other threads. And numba ends a fork that uses GNU OpenMP if this process
    has used it, even with a single thread.
    """
    return threads() == 1 and OPENMP not in sys.modules


def threads_lost_in_a_fork() -> int:
    """How many threads of this process a fork would lack; it would hang if it waited for them.

    OpenBLAS starts one for each CPU when NumPy is imported, ends them before each fork and
    starts new ones when it needs them. So if there are several, this process forks for
    nothing and counts again.
    """
    if threads() > 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with forked() as child:
                if child == 0:
                    os._exit(0)
                deadline = time.monotonic() + EMPTY_FORK_LIMIT_S
                while how_it_ended(child, os.WNOHANG) == (0, 0):
                    if time.monotonic() > deadline:
                        os.kill(child, signal.SIGKILL)
                    time.sleep(EMPTY_FORK_POLL_S)
    return threads() - 1


@contextlib.contextmanager
def forked() -> Iterator[int]:
    """Fork this process; wait for the fork inside the context. Yields 0 in the fork.

    A suite may ignore SIGCHLD, or handle it by waiting for any child: then we could not learn
    how the fork ended. So meanwhile this process uses the default, and the fork the suite's.
    """
    handling = signal.getsignal(signal.SIGCHLD)
    # None: it was not installed from Python.
    is_changed = handling not in (None, signal.SIG_DFL)
    if is_changed:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = -1
    try:
        child = os.fork()
        if is_changed and child == 0:
            signal.signal(signal.SIGCHLD, handling)
        yield child
    finally:
        if is_changed and child != 0:
            signal.signal(signal.SIGCHLD, handling)


def how_it_ended(child: int, options: int = 0) -> tuple[int, int]:
    """What os.waitpid returns; (child, 0) if somebody else has waited for it."""
    try:
        return os.waitpid(child, options)
    except ChildProcessError:
        return child, 0


def identity(descriptor: int) -> object:
    """Which pipe a descriptor stands for; None once it is closed."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def apart_from_standard_input() -> int:
    """Hide the commands from the benchmark and its children; they read an empty input."""
    commands = os.dup(STANDARD_INPUT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, STANDARD_INPUT)
    os.close(nothing)
    return commands


def print_to(log: str) -> None:
    """Let all output from here on go to a file."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    # The driver must be able to read it, whatever umask the suite has set.
    os.fchmod(file, 0o644)
    for descriptor in (1, 2):
        os.dup2(file, descriptor)
    os.close(file)


def flush_output() -> None:
    """Write out what the benchmark printed, unless it closed its output."""
    # Python 3.8 keeps lines of stderr back too, unless it is a terminal.
    for output in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            output.flush()


def end_first_when_memory_ends() -> None:
    """Let the kernel end this process, not the driver, when memory runs out."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_END)


def die_with(parent: int) -> None:
    """Ask Linux to kill this process when its parent ends, even by SIGKILL and in mid-call."""
    prctl = _prctl()
    if prctl is not None:
        set_parent_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
        prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


@functools.lru_cache(maxsize=None)  # noqa: UP033  (Python 3.8)
def _prctl() -> Callable[[int, int], object] | None:
    """The system's; forks find it where the first process has left it, and load nothing."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        import ctypes
    except ImportError:
        return None
    return ctypes.CDLL(None).prctl
