"""What it cost that partitions changed hands, from what the members of a group saw.

    partition 0   aaaaaaaaaaaaaaaaaa            aaaaaaaaaa    kept by a
    partition 1   cccccccccccc              bbbbbbbbbbbbbb    moved from c to b
                       |-- c is told to stop
                       |<------- flows again ------->|

Pure over arrays. Times are int64 nanoseconds of one clock for all processes. Only new records
count for pauses: one that is seen again serves nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NS_PER_S = 1e9
# For a pause between them.
MIN_RECORDS = 2
LATEST_NS = np.iinfo(np.int64).max

Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Trace:
    """Sightings of records in any order, int64: which record, of which partition, by whom, when."""

    records: Int64s
    partitions: Int64s
    members: Int64s
    at_ns: Int64s

    @classmethod
    def joined(cls, traces: "Sequence[Trace]") -> "Trace":
        """Several as one."""
        return cls(
            *(np.concatenate([getattr(trace, name) for trace in traces]) for name in cls.__slots__)
        )

    def select(self, which: NDArray[np.bool_] | Int64s) -> "Trace":
        """Those sightings alone, or in that order."""
        return Trace(*(getattr(self, name)[which] for name in self.__slots__))

    def split(self) -> "tuple[Trace, Trace]":
        """The first sighting of every record in order of time, and all further ones."""
        ordered = self.select(np.lexsort((self.at_ns, self.records)))
        is_first = np.diff(ordered.records, prepend=-1) != 0
        firsts = ordered.select(is_first)
        return firsts.select(np.argsort(firsts.at_ns, kind="stable")), ordered.select(~is_first)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one change of the group cost.

    ``pause_s``: the longest time in which a partition gave no new record. ``kept_pause_s``: of
    those partitions that did not change hands, None if all did. ``back_s``: from the change until
    every partition flowed again. ``repeated``: sightings of records that had been seen.
    """

    pause_s: float
    kept_pause_s: float | None
    back_s: float
    repeated: int


def cost(trace: Trace, begun_ns: int, until_ns: int = LATEST_NS) -> Cost:
    """What the change cost that began at ``begun_ns``; at ``until_ns`` the next one did.

    A pause counts if it is under way before the last partition changed hands, with its whole
    length. Raises ValueError if no partition changed hands, or one gave nothing any more.
    """
    firsts, again = trace.split()
    flows = [firsts.select(firsts.partitions == number) for number in np.unique(firsts.partitions)]
    moves = [_moved_ns(flow, begun_ns, until_ns) for flow in flows]
    moved = [at_ns for at_ns in moves if at_ns is not None]
    if not moved:
        raise ValueError("no partition changed hands")
    settled_ns = max(moved)
    pauses = [_longest_pause(flow.at_ns, begun_ns, settled_ns) for flow in flows]
    kept = [length for (length, _), at_ns in zip(pauses, moves, strict=True) if at_ns is None]
    back_ns = max(settled_ns, *(end_ns for _, end_ns in pauses))
    inside = (again.at_ns >= begun_ns) & (again.at_ns < until_ns)
    return Cost(
        pause_s=max(length for length, _ in pauses) / NS_PER_S,
        kept_pause_s=max(kept) / NS_PER_S if kept else None,
        back_s=(back_ns - begun_ns) / NS_PER_S,
        repeated=int(inside.sum()),
    )


def calm_pause_s(trace: Trace, begin_ns: int, end_ns: int) -> float:
    """The longest time in which a partition gave no new record between the two moments.

    Raises ValueError if a partition gave fewer than two.
    """
    firsts, _ = trace.split()
    calm = firsts.select((firsts.at_ns >= begin_ns) & (firsts.at_ns < end_ns))
    flows = [calm.at_ns[calm.partitions == number] for number in np.unique(firsts.partitions)]
    if min(map(len, flows)) < MIN_RECORDS:
        raise ValueError("a partition gave fewer than two records before anything happened")
    return max(int(np.diff(flow).max()) for flow in flows) / NS_PER_S


def _moved_ns(flow: Trace, begun_ns: int, until_ns: int) -> int | None:
    """When the last owner's first record came, or None if the partition kept its owner."""
    is_other = np.diff(flow.members) != 0
    changes = flow.at_ns[1:][is_other]
    inside = changes[(changes > begun_ns) & (changes < until_ns)]
    return int(inside[-1]) if len(inside) else None


def _longest_pause(at_ns: Int64s, begun_ns: int, settled_ns: int) -> tuple[int, int]:
    """Its length and its end: of the pauses that overlap the time from one to the other."""
    begins, ends = at_ns[:-1], at_ns[1:]
    overlap = (ends > begun_ns) & (begins < settled_ns)
    if not overlap.any():
        raise ValueError("a partition gave nothing any more")
    longest = np.argmax((ends - begins)[overlap])
    end_ns = int(ends[overlap][longest])
    return end_ns - int(begins[overlap][longest]), end_ns
