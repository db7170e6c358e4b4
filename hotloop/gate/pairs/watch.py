"""Which files of a checkout were read, by whatever process and means: the system notes it.

Nothing is asked of the processes that are timed. A file's time of access is set back before
(every reading of it counts again after a day, even where a file system notes few: "relatime");
where it notes none ("noatime"), no file is ever found read.
"""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

LONG_AGO_NS = 10**18


class Watch:
    """From its making on, of those of ``files`` that exist.

    Their compiled files are removed, which would be read in place of them.
    """

    def __init__(self, files: Iterable[str]) -> None:
        self._files: list[Path] = []
        for file in map(Path, files):
            with contextlib.suppress(OSError):
                for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
                    compiled.unlink()
                os.utime(file, ns=(LONG_AGO_NS, file.stat().st_mtime_ns))
                self._files.append(file)

    def read(self) -> list[Path]:
        """Those that were read since, in the order given."""
        found = []
        for file in self._files:
            with contextlib.suppress(OSError):
                if file.stat().st_atime_ns != LONG_AGO_NS:
                    found.append(file)
        return found
