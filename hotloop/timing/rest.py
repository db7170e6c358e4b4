"""Threads at rest: until then they take a CPU from whoever has the turn.

Ladders and the gate share this file, so it runs in any Python from 3.8 on.
"""

from __future__ import annotations

# As they are now: what is timed may put others in their place.
from time import process_time, sleep

# Threads spin for a while after their work, in case more comes: OpenMP's for some milliseconds,
# OpenBLAS's for 0.1 s, Intel's for 0.2 s. Systems note what other threads have used every 4 ms,
# some every 10: a shorter step may see none of it.
STEP_S = 0.012
STEPS_AT_MOST = 25
LIMIT_S = STEP_S * STEPS_AT_MOST
# A step in which the process used less than this fraction of a CPU counts as rest.
AT_REST = 0.2


def come_to_rest() -> None:
    """Wait until no thread of this process is busy; for ``LIMIT_S`` at most."""
    for _ in range(STEPS_AT_MOST):
        before_s = process_time()
        sleep(STEP_S)
        if process_time() - before_s < AT_REST * STEP_S:
            return
