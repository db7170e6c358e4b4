"""Which process listens where: whether a benchmark talks to the server of another one.

A fixture may start a server at a fixed port, and wait until one answers there. If its own server
did not get the port, the other side's answers. Both sides then measure one server.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hotloop.base.busy import running

PROC = Path("/proc")
# proc_net_tcp.rst of the kernel's documentation; of unix(7), a socket that accepts connections.
LISTENS = "0A"
ACCEPTS = 0x10000


def anothers(places: Iterable[str], worker: int) -> str | None:
    """The first of ``places`` where another process of this run listens; None: of no other.

    Also None if ``worker``, or what it has started, listens at any of them: it has only looked
    whether others are free. ``places`` are ports, and paths of Unix sockets. Linux only: elsewhere
    nothing is found.
    """
    sockets = {place: inodes for place, inodes in _listening().items() if place in {*places}}
    if not sockets:
        return None
    family = _Family()
    own = family.below(worker)
    others = family.below(os.getpid()) - own - {os.getpid()}
    held_by_own, held_by_others = _sockets_of(own), _sockets_of(others)
    if any(inodes & held_by_own for inodes in sockets.values()):
        return None
    return next((place for place, inodes in sockets.items() if inodes & held_by_others), None)


class _Family:
    """Who is whose parent, and in whose session, at this moment."""

    def __init__(self) -> None:
        self._children: dict[int, list[int]] = {}
        for number, process in running().items():
            with contextlib.suppress(ProcessLookupError):
                for over in {process.parent, os.getsid(int(number))}:
                    self._children.setdefault(over, []).append(int(number))

    def below(self, process: int) -> set[int]:
        """It, its descendants, and the members of the sessions that these lead."""
        found = {process}
        left = [process]
        while left:
            new = {*self._children.get(left.pop(), ())} - found
            found |= new
            left += new
        return found


def _listening() -> Mapping[str, set[str]]:
    """The sockets (their inodes) that listen at each port or path."""
    found: dict[str, set[str]] = {}
    for table in ("tcp", "tcp6"):
        for row in _rows(table):
            if row[3] == LISTENS:
                found.setdefault(str(int(row[1].rpartition(":")[2], 16)), set()).add(row[9])
    for row in _rows("unix"):
        if int(row[3], 16) & ACCEPTS and len(row) > 7:
            found.setdefault(row[7], set()).add(row[6])
    return found


def _rows(table: str) -> Iterator[list[str]]:
    with contextlib.suppress(OSError):
        for line in (PROC / "net" / table).read_text(errors="replace").splitlines()[1:]:
            yield line.split(None, 7 if table == "unix" else -1)


def _sockets_of(processes: Iterable[int]) -> set[str]:
    """The inodes of the sockets that these have open."""
    found = set()
    for process in processes:
        with contextlib.suppress(OSError):
            for descriptor in (PROC / str(process) / "fd").iterdir():
                with contextlib.suppress(OSError):
                    name = str(descriptor.readlink())
                    if name.startswith("socket:["):
                        found.add(name[len("socket:[") : -1])
    return found
