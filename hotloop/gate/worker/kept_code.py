"""Code that a process runs from where programs keep files for their user: caches, /tmp."""

from __future__ import annotations

import re
import site
import sys
from pathlib import Path
from typing import Sequence  # noqa: UP035  (evaluated by Python 3.8)

from .origin import modules_files

# An executable mapping of a file in /proc/self/maps (proc(5)).
MAPPED = re.compile(r"^\S+ ..x. \S+ \S+ \S+\s+(/.*?)(?: \(deleted\))?$", re.MULTILINE)
MOST = 20


def code_below(beginnings: Sequence[str]) -> list[str]:
    """Files whose path begins so, and which are modules or libraries in this process.

    Not those of the interpreter, its environment, the user's own packages or this worker.
    """
    if not beginnings:
        return []
    installed = (sys.prefix, sys.base_prefix, sys.exec_prefix, site.getuserbase())
    not_kept = _folders((*installed, str(Path(__file__).parent)))
    files = {*mapped(), *(file for file, _ in modules_files())}
    kept = (file for file in files if file.startswith(tuple(beginnings)))
    return sorted(file for file in kept if not file.startswith(not_kept))[:MOST]


def mapped() -> list[str]:
    """The programs and libraries in this process's memory; empty where the system has no /proc."""
    try:
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return MAPPED.findall(maps)


def _folders(paths: Sequence[str]) -> tuple[str, ...]:
    both = (form for path in paths for form in (path, str(Path(path).resolve())))
    return tuple(f"{path.rstrip('/')}/" for path in both)
