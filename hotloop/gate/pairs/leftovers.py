"""What a run must not leave behind: processes that benchmarks put into the background, folders.

A daemon leaves the session and the group of who started it, so that killing a group misses
it. Linux gives orphans to their nearest ancestor that asks for them (PR_SET_CHILD_SUBREAPER,
prctl(2)): that is this process while pairs are measured.
"""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SET_CHILD_SUBREAPER = 36
PREFIX = "hotloop-gate-"


@contextlib.contextmanager
def orphans_ended() -> Iterator[None]:
    """End, when left, what started in here and lost its parent. Linux only; else nothing."""
    before = _children()
    _adopt_orphans(True)
    try:
        yield
    finally:
        # Who is ended leaves its own children to us, as long as we ask for them.
        while strays := _children() - before:
            for stray in strays:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(stray, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(stray, 0)
        _adopt_orphans(False)


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder; those of runs that were killed are removed as well."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdecimal() and not Path(f"/proc/{owner}").exists() and Path("/proc/1").exists():
            shutil.rmtree(folder, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _adopt_orphans(wanted: bool) -> None:
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0)


def _children() -> set[int]:
    """This process's children, of all its threads; none where Linux does not tell."""
    found: set[int] = set()
    for thread in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found.update(map(int, thread.read_text().split()))
    return found
