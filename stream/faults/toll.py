"""What a fault cost, from what the user functions saw: the pause, and what came twice.

    seen     ||||||||||||||||              ||||||||||||||||||||   first sightings
                     |<-span>|<-- pause -->|
                             kill          the first of the span is handled again

Pure over arrays. Times are int64 nanoseconds of one clock for all processes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NS_PER_S = 1e9
# Timers of a busy process fire late, and a commit takes its time.
COMMIT_DELAY_S = 1.0

Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Repeated:
    """Records that were seen more than once; ``sightings`` beyond the first of each.

    ``span_s``: from the first sighting of the earliest to that of the latest of them: for so
    long, at least, what was handled had not been committed.
    """

    records: int
    sightings: int
    span_s: float


def pause_s(seen_ns: Int64s, since_ns: int) -> float:
    """The longest time without any new record, of those that ended after ``since_ns``.

    ``seen_ns``: the first sighting of each record, in any order. 0 where fewer than two
    records were seen, or none after ``since_ns``.
    """
    ordered = np.sort(seen_ns)
    gaps = np.diff(ordered)[ordered[1:] > since_ns]
    return int(gaps.max(initial=0)) / NS_PER_S


def repeated(first_seen_ns: Int64s, times_seen: Int64s) -> Repeated:
    """What came twice; both arrays have one entry per record."""
    twice = times_seen > 1
    if not twice.any():
        return Repeated(0, 0, 0.0)
    firsts = first_seen_ns[twice]
    return Repeated(
        int(twice.sum()),
        int((times_seen[twice] - 1).sum()),
        int(firsts.max() - firsts.min()) / NS_PER_S,
    )


def explanation(again: Repeated, commits: str, interval_s: float) -> str:
    """One sentence on the records that were seen twice; ``commits``: how the client commits."""
    if again.records == 0:
        return "nothing was seen twice"
    handled = f"{again.records:,} records handled over {again.span_s:.1f} s came again"
    if again.span_s <= interval_s + COMMIT_DELAY_S:
        return f"{handled}: no longer than between two commits ({commits})"
    return f"{handled}: longer than between two commits ({commits}), which does not explain it"
