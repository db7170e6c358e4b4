"""What a project keeps for its user outside of every checkout: both sides find the same.

    ~/.cache/NAME   ~/.local/share/NAME   ~/.NAME   /tmp/NAME...   /dev/shm/NAME...

If one side fills a cache there, the other finds it filled and need not do that work, however slow
its own code has become. Which process wrote a file is not recorded, so only files that have the
project's name are found.
"""

import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hotloop.base.units import first_few
from hotloop.gate.model import Contender
from hotloop.gate.pairs.leftovers import PREFIX
from hotloop.gate.pairs.watch import Watch

# Looked at in each of these folders: a cache of many files is known by the first.
MOST_FILES = 1000
MOST_NAMES = 2
# Projects write there whatever TMPDIR says; the last one is Linux's folder in memory.
SHARED = ("/tmp", "/var/tmp", "/dev/shm")
# Python writes byte code beside them, and would read that instead.
CODE = (".py", ".pyc")
_REMARK = (
    "the benchmarks use files that both sides find under one name ({}): what one side has left "
    "there may spare the other its work, which is then not judged; let the suite name a folder of "
    "its own, or switch that cache off"
)


class KeptFiles:
    """Watches, from its creation on, the files that bear the name of the contenders' project."""

    def __init__(self, contenders: Sequence[Contender]) -> None:
        origins = [contender.origin for contender in contenders]
        self._names = frozenset(_plain(name) for origin in origins for name in origin.names)
        self._not_theirs = frozenset(
            Path(folder) for origin in origins for folder in (*origin.checkouts, *origin.roots)
        )
        self._start_ns = time.time_ns()
        self._read = Watch(str(file) for file in self._files() if file.suffix not in CODE)

    @property
    def remarks(self) -> tuple[str, ...]:
        """A sentence, if any file there was read or written since."""
        written = (file for file in self._files() if _written_ns(file) >= self._start_ns)
        used = sorted(map(str, {*self._read.read(), *written}))
        return (_REMARK.format(first_few(used, MOST_NAMES)),) if used else ()

    def _files(self) -> Iterator[Path]:
        for folder, beginning in places():
            for entry in _entries(folder):
                if entry.name.startswith(beginning) and self._is_theirs(entry):
                    yield from _files_in(entry)

    def _is_theirs(self, entry: Path) -> bool:
        name = _plain(entry.name.removeprefix("."))
        bears = any(name == own or name.startswith(f"{own}_") for own in self._names)
        if not bears or entry.name.startswith(PREFIX):
            return False
        return not any(folder.is_relative_to(entry) for folder in self._not_theirs)


def places() -> Iterator[tuple[Path, str]]:
    """Folders in which projects keep files, and how the names of these begin."""
    home = Path(os.environ.get("HOME") or os.devnull)
    yield home, "."
    for variable, usual in (("XDG_CACHE_HOME", ".cache"), ("XDG_DATA_HOME", ".local/share")):
        yield Path(os.environ.get(variable) or home / usual), ""
    for folder in dict.fromkeys((tempfile.gettempdir(), *SHARED)):
        yield Path(folder), ""


def _entries(folder: Path) -> Iterable[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return ()


def _files_in(entry: Path) -> Iterator[Path]:
    if not entry.is_dir():
        yield entry
        return
    found = 0
    for folder, _, names in os.walk(entry):
        for name in sorted(names):
            yield Path(folder, name)
            found += 1
            if found == MOST_FILES:
                return


def _written_ns(file: Path) -> int:
    """When its contents were; 0: it is gone, or no file that can be read."""
    try:
        status = file.lstat()
    except OSError:
        return 0
    return status.st_mtime_ns if stat.S_ISREG(status.st_mode) else 0


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")
