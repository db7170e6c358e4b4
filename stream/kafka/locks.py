"""A lock on a file, held for as long as a process lives.

The lock belongs to the open file: a child that inherits it holds it too. The kernel releases it
when the last of them ends, even by kill -9, so no lock is ever stale.
"""

import fcntl
import os
from pathlib import Path
from typing import IO

# A child gets new descriptors 0, 1 and 2, so a lock with such a number would be closed.
_FIRST_NUMBER = 3


def take(path: Path) -> IO[str] | None:
    """The open, locked file ``path``, created if missing; None while somebody else holds it.

    Its text stays as it was. Raises OSError if it cannot be opened.
    """
    opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        file = os.fdopen(fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, _FIRST_NUMBER), "r+")
    finally:
        os.close(opened)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    except BaseException:
        file.close()
        raise
    return file


def is_held_by_java(path: Path) -> bool:
    """Whether a Java program has ``path`` locked in its own way (``FileChannel.tryLock``)."""
    try:
        with path.open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        # No file, or one that cannot be opened: Kafka itself will report that.
        return False
    return False
