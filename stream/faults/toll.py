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
# Under a steady load records come every few milliseconds, batches once a second. If repeated
# records have a longer silence between them, they were repeated for two reasons.
BETWEEN_STRETCHES_S = 1.5

Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Repeated:
    """Records that were seen more than once.

    ``stretches``: they come in stretches of records that were handled one after the other and
    then again. ``longest_s``: in the longest stretch, from the first sighting of its first
    record to that of its last. For at least that long, nothing had been committed.
    """

    records: int
    stretches: int
    longest_s: float


def pause_s(seen_ns: Int64s, since_ns: int) -> float:
    """The longest time without any new record, of those that ended after ``since_ns``.

    ``seen_ns``: the first sighting of each record, in any order. 0 if fewer than two
    records were seen, or none after ``since_ns``.
    """
    ordered = np.sort(seen_ns)
    gaps = np.diff(ordered)[ordered[1:] > since_ns]
    return int(gaps.max(initial=0)) / NS_PER_S


def repeated(first_seen_ns: Int64s, times_seen: Int64s) -> Repeated:
    """What came twice; both arrays have one entry per record."""
    firsts = np.sort(first_seen_ns[times_seen > 1])
    if len(firsts) == 0:
        return Repeated(0, 0, 0.0)
    begins = np.flatnonzero(np.diff(firsts, prepend=firsts[0]) > BETWEEN_STRETCHES_S * NS_PER_S)
    stretches = np.split(firsts, begins)
    longest_ns = max(int(stretch[-1] - stretch[0]) for stretch in stretches)
    return Repeated(len(firsts), len(stretches), longest_ns / NS_PER_S)


def explanation(again: Repeated, commits: str, interval_s: float) -> str:
    """One sentence on the records that were seen twice.

    ``commits``: how the client commits, by its default every ``interval_s``.
    """
    if again.records == 0:
        return "nothing was seen twice"
    told = f"{again.records:,} records came again, handled over {again.longest_s:.1f} s"
    if again.stretches > 1:
        told += f" at most in each of {again.stretches} stretches"
    if again.longest_s <= interval_s + COMMIT_DELAY_S:
        return f"{told}: no longer than between two commits ({commits})"
    return f"{told}: longer than between two commits ({commits}), which does not explain it"
