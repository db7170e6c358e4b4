"""The account of a run: what was sent, what the topic holds, what the user function saw.

    sent -> acknowledged -> in the topic -> seen by the user function -> committed

Pure over arrays.  Each side comes from its own witness: the generator's
delivery reports, an independent reader of the topic, the consumer's own book,
the offsets that the broker has for the group, and what the broker still holds.
A record is known by its key, ``producer * 10**10 + sequence`` (see ``keys``).

Only this module calls a record lost.  A record that nobody saw has one of four names:

    partition   |  expired  |        lost         |    not reached     |
                0         start of         committed offset           end
                          the log           of the group
    missing     the broker confirmed it and no longer holds it anywhere

The client has lost a record only if it is still there and a commit has passed it: then nobody in
its group will ever get it.  Above the commit they still would; below the start they cannot.

A consumer may be asked for less than the topic holds.  Its account then covers
the *stretch*: of each partition, everything below the last record that it saw
or committed, whichever is further.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from stream.account.figures import Account

# Sequences are written with ten digits (stream/account/record.py).
SEQUENCES = 10**10
# The key of a record that nobody can read: it has neither producer nor sequence.
UNREADABLE = -1
# The offset of a record whose confirmation never came.
UNCONFIRMED = -1

Int64s = NDArray[np.int64]
Bools = NDArray[np.bool_]
Keys = Int64s


@dataclass(frozen=True, slots=True)
class Log:
    """Records and where they are: three int64 arrays with one entry for each record.

    A record that nobody can read has the key ``UNREADABLE``, one that was never
    confirmed the offset ``UNCONFIRMED``.
    """

    keys: Keys
    partitions: Int64s
    offsets: Int64s

    def __post_init__(self) -> None:
        if not len(self.keys) == len(self.partitions) == len(self.offsets):
            raise ValueError("keys, partitions and offsets differ in length")

    @classmethod
    def empty(cls) -> "Log":
        """No record."""
        nothing = np.empty(0, np.int64)
        return cls(nothing, nothing, nothing)

    def below(self, ends: Mapping[int, int]) -> Bools:
        """Which records are below ``ends`` (partition to offset; missing means 0)."""
        partitions = max(int(self.partitions.max(initial=-1)), *ends, -1) + 1
        limits = np.array([ends.get(partition, 0) for partition in range(partitions)], np.int64)
        return self.offsets < limits[self.partitions]

    def select(self, which: Bools) -> "Log":
        """Those records alone."""
        return Log(self.keys[which], self.partitions[which], self.offsets[which])


def joined(logs: Sequence[Log]) -> Log:
    """Several logs as one."""
    return Log(
        np.concatenate([log.keys for log in logs]),
        np.concatenate([log.partitions for log in logs]),
        np.concatenate([log.offsets for log in logs]),
    )


@dataclass(frozen=True, slots=True)
class Extent:
    """What the broker holds of a topic: from each partition's first offset to its end.

    A partition without a start begins at 0; one without an end is not there.
    """

    starts: Mapping[int, int]
    ends: Mapping[int, int]


def keys(producers: NDArray[np.int64], sequences: NDArray[np.int64]) -> Keys:
    """One int64 for each record: ``producer * 10**10 + sequence``."""
    return producers.astype(np.int64) * SEQUENCES + sequences


@dataclass(frozen=True, slots=True)
class Topic:
    """All records that ever existed, from two witnesses, sorted once for any number of runs.

    ``log``: what an independent reader found. ``acknowledged``: what the
    generator had confirmed. ``known``: ``log``, then what was acknowledged or sent without a
    confirmation and is not in it. ``sorted_keys`` and ``order`` lead from a key to its index
    into ``known``. ``canonical``: for each entry of ``known`` the index of the first one with
    its key, itself unless the topic holds a record twice.
    """

    log: Log
    acknowledged: Log
    known: Log
    sorted_keys: Keys
    order: Int64s
    canonical: Int64s

    @classmethod
    def of(cls, log: Log, acknowledged: Log, unconfirmed: Log | None = None) -> "Topic":
        """``unconfirmed``: what was sent besides, each with the offset ``UNCONFIRMED``."""
        sent = joined([acknowledged, unconfirmed or Log.empty()])
        return cls._of(log, acknowledged, sent)

    def read_again(self, log: Log) -> "Topic":
        """The same records, with those that an independent reader finds later."""
        return self._of(log, self.acknowledged, self.known.select(self.known.keys != UNREADABLE))

    @classmethod
    def _of(cls, log: Log, acknowledged: Log, others: Log) -> "Topic":
        known = joined([log, others.select(~np.isin(others.keys, log.keys))])
        order = np.argsort(known.keys, kind="stable")
        sorted_keys = known.keys[order]
        canonical = np.empty(len(order), np.int64)
        canonical[order] = order[np.searchsorted(sorted_keys, sorted_keys)]
        return cls(log, acknowledged, known, sorted_keys, order, canonical)

    def places(self, wanted: Keys) -> tuple[Int64s, Bools]:
        """For each key, its index into ``known`` and whether there is such a record."""
        if len(self.sorted_keys) == 0:
            return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
        at = np.minimum(np.searchsorted(self.sorted_keys, wanted), len(self.sorted_keys) - 1)
        return self.order[at], self.sorted_keys[at] == wanted


@dataclass(frozen=True, slots=True)
class Sightings:
    """What the workers of one run reported.

    ``seen``: one array of keys a worker, in the order in which its user
    function saw them. ``bad``: records reported as unreadable. ``committed``: the group's offset
    of each partition, read from the broker afterwards.
    """

    seen: tuple[Keys, ...]
    bad: int
    committed: Mapping[int, int]


class _Fate(IntEnum):
    """What became of a record that nobody saw; of several copies the first name counts."""

    NOT_REACHED = 0
    LOST = 1
    EXPIRED = 2
    MISSING = 3


def settle(topic: Topic, sightings: Sightings, extent: Extent, *, whole: bool = False) -> Account:
    """The account of one run.

    ``extent``: what the broker held of the topic after the run. ``whole``: the run had to read
    everything; otherwise its account ends where it stopped, the stretch.
    """
    known = topic.known
    located = [topic.places(keys_seen) for keys_seen in sightings.seen]
    places_by_worker = [places[found] for places, found in located]
    times_seen = np.zeros(len(known.keys), np.int64)
    for places in places_by_worker:
        times_seen += np.bincount(places, minlength=len(times_seen))
    confirmed = known.offsets != UNCONFIRMED
    expired = confirmed & known.below(extent.starts)
    present = known.below(extent.ends) & confirmed & ~expired
    present[len(topic.log.keys) :] = False
    if whole:
        ends, due = extent.ends, confirmed
        acknowledged = len(topic.acknowledged.keys)
    else:
        ends = _stretch_ends(known, present | expired, places_by_worker, sightings.committed)
        due = confirmed & known.below(ends)
        acknowledged = int(topic.acknowledged.below(ends).sum())
    passed = known.below(sightings.committed)
    fates = np.full(len(known.keys), int(_Fate.MISSING))
    fates[expired] = _Fate.EXPIRED
    fates[present & passed] = _Fate.LOST
    fates[present & ~passed] = _Fate.NOT_REACHED
    unseen = _unseen(topic, times_seen, due, fates)
    unreadable = np.bincount(fates[due & (known.keys == UNREADABLE)], minlength=len(_Fate)).tolist()
    passed_over = unseen[_Fate.LOST] + unreadable[_Fate.LOST]
    behind = unseen[_Fate.NOT_REACHED] + unreadable[_Fate.NOT_REACHED]
    unique = int(np.count_nonzero(times_seen))
    return Account(
        sent=acknowledged,
        acknowledged=acknowledged,
        unique=unique,
        # A report of a bad record does not say which one: it may be any of these.
        lost=max(0, passed_over - sightings.bad),
        duplicated=int(times_seen.sum()) - unique,
        out_of_order=sum(
            _out_of_order(known, places[present[places]]) for places in places_by_worker
        ),
        unknown=sum(int((~found).sum()) for _, found in located),
        bad=sightings.bad,
        committed=sum(sightings.committed.values()),
        end=sum(ends.values()),
        not_reached=max(0, behind - max(0, sightings.bad - passed_over)),
        expired=unseen[_Fate.EXPIRED],
        missing=unseen[_Fate.MISSING],
    )


def _unseen(topic: Topic, times_seen: Int64s, due: Bools, fates: Int64s) -> list[int]:
    """How many different readable records nobody saw, by what became of them."""
    best = fates.copy()
    np.minimum.at(best, topic.canonical, fates)
    unseen = due & (topic.known.keys != UNREADABLE) & (times_seen[topic.canonical] == 0)
    which = np.unique(topic.canonical[unseen])
    counts = np.bincount(best[which], minlength=len(_Fate))
    return [int(count) for count in counts]


def _stretch_ends(
    known: Log, which: Bools, places_by_worker: Sequence[Int64s], committed: Mapping[int, int]
) -> dict[int, int]:
    """For each partition, the end of what was seen (of ``which``) or committed, if further."""
    ends = dict(committed)
    for seen in places_by_worker:
        places = seen[which[seen]]
        partitions, offsets = known.partitions[places], known.offsets[places]
        for partition in np.unique(partitions).tolist():
            last = int(offsets[partitions == partition].max())
            ends[partition] = max(ends.get(partition, 0), last + 1)
    return ends


def _out_of_order(log: Log, places: Int64s) -> int:
    """First sightings that came after a later record of their partition."""
    if len(places) and np.bincount(places).max() > 1:
        _, first = np.unique(places, return_index=True)
        places = places[np.sort(first)]
    partitions = log.partitions[places]
    count = 0
    for partition in np.unique(partitions).tolist():
        offsets = log.offsets[places[partitions == partition]]
        count += int((offsets < np.maximum.accumulate(offsets)).sum())
    return count
