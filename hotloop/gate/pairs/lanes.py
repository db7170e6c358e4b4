"""The CPUs that pairs are timed on, one for each lane, and who may use the machine when.

    lane 0   CPU 3   |order   |json |loop ...      both processes of a pair start up
    lane 1   CPU 2   |sort  |dict   |order ...     and are timed on one CPU

Two pairs at once, each on a CPU of its own, scatter no more than one at a time
(docs/method.md): the two *sides* of a pair share a core and whatever disturbs it.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass

# Libraries that ask for the number of CPUs see one less for every other lane.
MOST_LANES = 2


@dataclass(frozen=True, slots=True)
class Lane:
    """Where pairs are timed, one after the other.

    ``cpu`` is the one for timing; ``usable`` are those on which a pair starts up, none of
    them another lane's. None: this system cannot pin.
    """

    cpu: int | None
    usable: frozenset[int] | None

    @contextlib.contextmanager
    def keeping_to(self) -> Iterator[None]:
        """Keep this thread, and what it starts, off the CPUs of the other lanes."""
        if self.usable is None:
            yield
            return
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, self.usable)
        try:
            yield
        finally:
            os.sched_setaffinity(0, before)


def usable_cpus() -> frozenset[int] | None:
    """The CPUs that this thread may use; None: this system cannot pin."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else None


def default_lanes() -> tuple[Lane, ...]:
    """Lanes on the last CPUs that this process may use; the first CPU gets most interrupts."""
    cpus = usable_cpus()
    if cpus is None:
        return (Lane(None, None),)
    timed = sorted(cpus, reverse=True)[:MOST_LANES]
    return tuple(Lane(cpu, cpus.difference(timed) | {cpu}) for cpu in timed)


class Room:
    """Lets pairs of several lanes in together, but a pair that needs every CPU alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._wants_alone = 0
        self._is_taken = False

    def enter(self) -> None:
        """Wait while a pair has the room alone, or waits for it."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_taken and not self._wants_alone)
            self._inside += 1

    def have_alone(self) -> None:
        """For a pair inside: wait until all others have left, and keep them out."""
        with self._changed:
            self._inside -= 1
            self._wants_alone += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._is_taken and self._inside == 0)
            self._wants_alone -= 1
            self._inside += 1
            self._is_taken = True

    def leave(self) -> None:
        with self._changed:
            self._inside -= 1
            self._is_taken = False
            self._changed.notify_all()
