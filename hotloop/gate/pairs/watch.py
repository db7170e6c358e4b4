"""Which files of a checkout were read, by any process and any means: the system records it.

The timed processes are not asked. Each file's access time is set back first, by more than a day,
so that even a file system that records few accesses ("relatime") records the next one. If it
records none ("noatime"), no file is ever found to be read.
"""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

LONG_AGO_NS = 10**18


class Watch:
    """Watches those of ``files`` that exist, from its creation on.

    Removes compiled files of Python's, which would be read instead of them.
    """

    def __init__(self, files: Iterable[str]) -> None:
        self._files: list[Path] = []
        for file in map(Path, files):
            with contextlib.suppress(OSError):
                if file.suffix == ".py":
                    for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
                        compiled.unlink()
                os.utime(file, ns=(LONG_AGO_NS, file.stat().st_mtime_ns))
                self._files.append(file)

    def read(self) -> list[Path]:
        """The files that were read since, in the order given."""
        found = []
        for file in self._files:
            with contextlib.suppress(OSError):
                if file.stat().st_atime_ns != LONG_AGO_NS:
                    found.append(file)
        return found
