"""Whose a file is: Python's, the worker's, or one that a commit may have put there."""

from __future__ import annotations

import sys
import sysconfig
from types import MappingProxyType
from typing import Iterator, Mapping, Sequence  # noqa: UP035  (evaluated by Python 3.8)

from .own import os

# Frozen code has no file: import's own.
FROZEN = "<frozen "
# The folder of the process itself, where it may leave files; later it may be in another.
_WORK = os.path.join(os.getcwd(), "")


class Places:
    """Where files lie, as seen from this process; ``plain`` paths are the same on both sides."""

    def __init__(
        self,
        runners: Sequence[str],
        places: Mapping[str, str] = MappingProxyType({}),
        asking: Sequence[str] = (),
    ) -> None:
        self._runners = tuple(runners)
        self._asking = tuple(asking)
        # The other folder of the library, "platstdlib", may be that of a virtual environment.
        self._standard = os.path.join(sysconfig.get_paths()["stdlib"], "")
        self._worker = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")
        self._work = _WORK
        alike = {sys.prefix: "{env}", self._work: "{work}", **places}
        # One may lie in another.
        self._alike = [
            (os.path.join(folder, ""), f"{alike[folder]}/")
            for folder in sorted(alike, key=len, reverse=True)
        ]

    def is_standard(self, file: str) -> bool:
        """Whether it belongs to Python itself."""
        if file.startswith(FROZEN):
            return True
        return (
            file.startswith(self._standard)
            and "site-packages" not in file
            and "dist-packages" not in file
        )

    def is_the_workers(self, file: str) -> bool:
        return file.startswith(self._worker)

    def is_the_gates(self, file: str) -> bool:
        """Whether it is the worker or a runner: the same on both sides."""
        return file.startswith(self._worker) or any(runner in file for runner in self._runners)

    def asks(self, file: str) -> bool:
        """Whether it is a runner's, and asks other programs for facts that matter to nobody."""
        return file.endswith(self._asking)

    def is_of_interest(self, file: str) -> bool:
        """Whether a commit may have put it there: not the system's, nor this process's own."""
        return (
            not file.startswith(("/proc/", "/sys/", "/dev/", self._work))
            and not file.endswith(".pyc")
            and "__pycache__" not in file
            and not self.is_standard(file)
            and not self.is_the_workers(file)
        )

    def plain(self, text: str) -> str:
        for folder, name in self._alike:
            text = text.replace(folder, name)
        return text


def mapped(places: Places) -> Iterator[str]:
    """The files in this process's memory; without Linux, the compiled modules alone."""
    found = set()
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:  # noqa: PTH123
            for line in maps:
                fields = line.split(maxsplit=5)
                if len(fields) == 6 and fields[5].startswith("/"):
                    found.add(fields[5].rstrip("\n"))
    except OSError:
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and file.endswith((".so", ".pyd", ".dylib")):
                found.add(file)
    return (file for file in found if places.is_of_interest(file))
