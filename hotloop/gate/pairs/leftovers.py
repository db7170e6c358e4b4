"""What a run must not leave behind, nor one side to the other: processes, and files.

A daemon leaves the session and the group of its parent, so killing the group misses it. Linux
gives orphans to their nearest ancestor that asks for them (PR_SET_CHILD_SUBREAPER, prctl(2)):
while pairs are measured, that is this process.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hotloop.gate.model import Contender

SET_CHILD_SUBREAPER = 36
PREFIX = "hotloop-gate-"
# Where ``tempfile`` makes what has to be somewhere.
TEMPORARY = "TMPDIR"
# Sockets get names of up to 104 bytes (macOS, unix(4)), and multiprocessing's end so.
LONGEST_FOLDER_BYTES = 103 - len("/pymp-12345678/listener-12345678")


@contextlib.contextmanager
def orphans_ended() -> Iterator[None]:
    """On leaving, end processes started inside that lost their parent. Linux only."""
    before = _children()
    _adopt_orphans(True)
    try:
        yield
    finally:
        # A process that is ended leaves its own children to us, as long as we ask for them.
        while strays := _children() - before:
            for stray in strays:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(stray, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(stray, 0)
        _adopt_orphans(False)


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder; also removes those that killed runs have left.

    A run holds a lock on its folder, which ends with it. Its number would not do: a container that
    shares the folder for temporary files has other numbers.
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with _lock(folder) as is_free:
            if is_free:
                shutil.rmtree(folder, ignore_errors=True)
    with contextlib.ExitStack() as stack:
        while True:
            made = Path(tempfile.mkdtemp(prefix=PREFIX))
            if stack.enter_context(_lock(made)):
                break
            # Another run took it for one that was left, and removes it.
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


def with_own_temporary_folder(contender: Contender, scratch: Path) -> Contender:
    """``contender`` with a folder in ``scratch`` for its temporary files, from first to last pair.

    A cache that the project keeps there under a name of its own would be filled by one side and be
    found by the other, which would then do the work of the first. Not where the environment names
    a folder, nor one so deep down that there is no room for the names of sockets.
    """
    folder = scratch / contender.side.value
    if TEMPORARY in dict(contender.variables) or len(os.fsencode(folder)) > LONGEST_FOLDER_BYTES:
        return contender
    folder.mkdir(exist_ok=True)
    own = (TEMPORARY, os.fspath(folder))
    return replace(contender, variables=(*contender.variables, own))


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock meanwhile; False: somebody else holds it, or it is gone."""
    try:
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            # It may have been removed since it was opened.
            yield folder.exists()
    finally:
        os.close(file)


def _adopt_orphans(wanted: bool) -> None:
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0)


def _children() -> set[int]:
    """This process's children, of all its threads; none if the system does not list them."""
    found: set[int] = set()
    for thread in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found.update(map(int, thread.read_text().split()))
    return found
