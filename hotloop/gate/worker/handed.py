"""Work that calls hand to threads and do not wait for: it goes on when they have returned.

Only threads of Python's own are asked, whose work is the project's. Those of libraries may spin for
a while, in case more comes.
"""

from __future__ import annotations

import threading
from typing import Any

from . import schedstat
from .own import time

# By then a thread that a call has waited for is at rest, and what it used has been counted.
RETURNED_S = 2e-3
# On a busy machine it may take as long until a thread has a CPU.
WATCHED_S = 25e-3
# Who uses more meanwhile has work.
WORK_S = 1e-3
# Other threads used so much of the time that calls took, or there is nothing to look for.
NOTICEABLE = 0.02


class Handed:
    """Made before the first call: who is busy by then is so whatever calls do."""

    def __init__(self) -> None:
        self._rested = not _others() or _used_meanwhile_s(WATCHED_S) < WORK_S

    def goes_on(self, costs: dict[str, Any]) -> bool:
        """Whether threads are at work after calls that cost so much: asked right after them."""
        if not self._rested or costs["other_threads_s"] <= NOTICEABLE * costs["elapsed_s"]:
            return False
        time.sleep(RETURNED_S)
        return _used_meanwhile_s(WATCHED_S) >= WORK_S


def _used_meanwhile_s(seconds: float) -> float:
    before = _used_s()
    time.sleep(seconds)
    return sum(used_s - before.get(thread, used_s) for thread, used_s in _used_s().items())


def _used_s() -> dict[int, float]:
    """The CPU time of each other thread, where the system tells."""
    read = {thread: schedstat.read(schedstat.OF_THREAD.format(thread)) for thread in _others()}
    return {thread: found[0] / 1e9 for thread, found in read.items() if found is not None}


def _others() -> list[int]:
    own = threading.get_ident()
    found = (each.native_id for each in threading.enumerate() if each.ident != own)
    return [thread for thread in found if thread is not None]
