"""The CPUs that pairs are timed on, one for each lane, and who may use the machine when.

    lane 0   CPU 3   |order   |json |loop ...      both processes of a pair start up
    lane 1   CPU 2   |sort  |dict   |order ...     and are timed on one CPU

Pairs at once, each on a CPU of its own, need scatter no more than one at a time
(docs/gate-method.md): the two *sides* of a pair share a core and whatever disturbs it. How many
there are is decided in ``how_many``.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.cpus import pinnable_cpus

# Linux: which CPUs are threads of the same core.
TOPOLOGY = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"


@dataclass(frozen=True, slots=True)
class Lane:
    """Where pairs are timed, one after the other.

    ``cpu`` is the one for timing; ``usable`` are those on which a pair starts up, none of
    them another lane's. None: this system cannot pin.
    """

    cpu: int | None
    usable: frozenset[int] | None

    def keeping_to(self) -> contextlib.AbstractContextManager[None]:
        """Keep this thread, and what it starts, off the CPUs of the other lanes."""
        return on_cpus(self.usable)


@contextlib.contextmanager
def on_cpus(cpus: frozenset[int] | None) -> Iterator[None]:
    """This thread, and what it starts, may use these CPUs meanwhile; None: those that it may."""
    if cpus is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def lanes_on(count: int) -> tuple[Lane, ...]:
    """So many lanes, or as many as there are CPUs; one where the system cannot pin.

    Libraries that ask for the number of CPUs see one less for every other lane.
    """
    cpus = pinnable_cpus()
    if cpus is None:
        return (Lane(None, None),)
    timed = in_order(cpus)[:count]
    return tuple(Lane(cpu, cpus.difference(timed) | {cpu}) for cpu in timed)


def in_order(cpus: frozenset[int]) -> list[int]:
    """The CPUs in the order in which lanes get them.

    One of each core first, the last ones first: the first CPU gets most interrupts.
    """
    seen: dict[int, int] = {}
    ranked = []
    for cpu in sorted(cpus, reverse=True):
        core = core_of(cpu)
        ranked.append((seen.get(core, 0), -cpu))
        seen[core] = seen.get(core, 0) + 1
    return [-minus for _, minus in sorted(ranked)]


def core_of(cpu: int) -> int:
    """The first of the CPUs that are threads of the same core; the CPU itself if unknown."""
    try:
        first = Path(TOPOLOGY.format(cpu)).read_text().replace("-", ",").split(",")[0]
        return int(first)
    except (OSError, ValueError):
        return cpu


class Room:
    """Lets pairs of several lanes in together, but a pair that needs every CPU alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._wants_alone = 0
        # The thread of the pair that has it alone.
        self._taken_by: int | None = None

    @contextlib.contextmanager
    def inside(self, alone: bool) -> Iterator[None]:
        """For one pair, from its beginning to its end."""
        self.enter()
        try:
            if alone:
                self.have_alone()
            yield
        finally:
            self.leave()

    def enter(self) -> None:
        """Wait while a pair has the room alone, or waits for it."""
        with self._changed:
            self._changed.wait_for(lambda: self._taken_by is None and not self._wants_alone)
            self._inside += 1

    def have_alone(self) -> None:
        """For a pair inside: wait until all others have left, and keep them out.

        It may have it alone already.
        """
        with self._changed:
            if self._taken_by == threading.get_ident():
                return
            self._inside -= 1
            self._wants_alone += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._taken_by is None and self._inside == 0)
            self._wants_alone -= 1
            self._inside += 1
            self._taken_by = threading.get_ident()

    def leave(self) -> None:
        with self._changed:
            self._inside -= 1
            # Nobody leaves while another has it alone.
            self._taken_by = None
            self._changed.notify_all()
