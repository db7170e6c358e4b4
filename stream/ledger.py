"""The account of a run: what was sent, what the topic holds, what the user function saw.

    sent -> acknowledged -> in the topic -> seen by the user function -> committed

Pure over arrays.  Each side comes from its own witness: the generator's
delivery reports, an independent reader of the topic, the consumer's own book,
and the offsets that the broker has for the group.  A record is known by its
key, ``producer * 10**10 + sequence`` (see ``keys``).

A consumer may be asked for less than the topic holds.  Its account then covers
the *stretch*: of each partition, everything below the last record that it saw
or committed, whichever is further.  A record that was committed but never seen
is thereby lost, which is what it would be after a restart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

# Sequences are written with ten digits (stream/record.py).
SEQUENCES = 10**10
# The key of a record that nobody can read: it has neither producer nor sequence.
UNREADABLE = -1

Int64s = NDArray[np.int64]
Keys = Int64s


@dataclass(frozen=True, slots=True)
class Log:
    """Records and where they lie: three int64 arrays of one entry per record.

    A record that nobody can read has the key ``UNREADABLE``.
    """

    keys: Keys
    partitions: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def __post_init__(self) -> None:
        if not len(self.keys) == len(self.partitions) == len(self.offsets):
            raise ValueError("keys, partitions and offsets differ in length")

    def below(self, ends: Mapping[int, int]) -> NDArray[np.bool_]:
        """Which records lie below ``ends`` (partition to offset; not named means 0)."""
        partitions = max([-1, *ends, *np.unique(self.partitions).tolist()]) + 1
        limits = np.array([ends.get(partition, 0) for partition in range(partitions)], np.int64)
        return self.offsets < limits[self.partitions]


@dataclass(frozen=True, slots=True)
class Account:
    """Counts of records; accounts of several runs add up.

    ``sent``: handed to the client by the generator. ``acknowledged``: of
    those, confirmed by the broker. ``unique``: different records seen by the
    user function. ``lost``: acknowledged or in the topic, within the stretch,
    and neither seen nor reported as bad. ``duplicated``: sightings beyond the
    first of a record. ``out_of_order``: first sightings of a record after a
    later one of the same partition by the same worker. ``unknown``: sightings
    of records that no one sent. ``bad``: reported by the consumer as
    unreadable. ``committed``: the group's offsets, summed over partitions.
    ``end``: where the stretch ends, summed likewise.
    """

    sent: int
    acknowledged: int
    unique: int
    lost: int
    duplicated: int
    out_of_order: int
    unknown: int
    bad: int
    committed: int
    end: int

    def with_unacknowledged(self, records: int) -> "Account":
        """The account with so many more records sent whose confirmation never came.

        The topic may hold them or not, so that they are lost only where it does and
        nobody saw them.
        """
        return replace(self, sent=self.sent + records)

    def __add__(self, other: "Account") -> "Account":
        return Account(
            **{
                field.name: getattr(self, field.name) + getattr(other, field.name)
                for field in fields(self)
            }
        )


def keys(producers: NDArray[np.int64], sequences: NDArray[np.int64]) -> Keys:
    """One int64 for each record: ``producer * 10**10 + sequence``."""
    return producers.astype(np.int64) * SEQUENCES + sequences


@dataclass(frozen=True, slots=True)
class Topic:
    """What there is to read, from two witnesses, sorted once for any number of runs.

    ``log``: what an independent reader found. ``acknowledged``: what the
    generator was told. ``missing``: acknowledged and not found.
    ``sorted_keys`` and ``order`` lead from a key to its index into ``log``.
    ``canonical``: for each entry of ``log`` the index of the first one with
    its key, itself unless the topic holds a record twice.
    """

    log: Log
    acknowledged: Log
    missing: Log
    sorted_keys: Keys
    order: NDArray[np.int64]
    canonical: NDArray[np.int64]

    @classmethod
    def of(cls, log: Log, acknowledged: Log) -> "Topic":
        order = np.argsort(log.keys, kind="stable")
        sorted_keys = log.keys[order]
        canonical = np.empty(len(order), np.int64)
        canonical[order] = order[np.searchsorted(sorted_keys, sorted_keys)]
        nothing = np.empty(0, np.int64)
        topic = cls(
            log, acknowledged, Log(nothing, nothing, nothing), sorted_keys, order, canonical
        )
        _, found = topic.places(acknowledged.keys)
        return replace(topic, missing=_select(acknowledged, ~found))

    def places(self, wanted: Keys) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """For each key its index into ``log``, and whether the topic holds it at all."""
        if len(self.sorted_keys) == 0:
            return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
        at = np.minimum(np.searchsorted(self.sorted_keys, wanted), len(self.sorted_keys) - 1)
        return self.order[at], self.sorted_keys[at] == wanted


@dataclass(frozen=True, slots=True)
class Sightings:
    """What the workers of one run reported.

    ``seen``: one array of keys a worker, in the order in which its user
    function saw them. ``bad``: records reported as unreadable. ``committed``:
    the group's offset of each partition, read from the broker afterwards.
    """

    seen: tuple[Keys, ...]
    bad: int
    committed: Mapping[int, int]


def settle(topic: Topic, sightings: Sightings, *, ends: Mapping[int, int] | None = None) -> Account:
    """The account of one run.

    ``ends`` (partition to offset) is where the run was to stop; None means
    where it did stop, the stretch.
    """
    located = [topic.places(keys_seen) for keys_seen in sightings.seen]
    places_by_worker = [places[found] for places, found in located]
    if ends is None:
        ends = _stretch_ends(topic, places_by_worker, sightings.committed)
    times_seen = np.zeros(len(topic.log.keys), np.int64)
    for places in places_by_worker:
        times_seen += np.bincount(places, minlength=len(times_seen))
    due = topic.log.below(ends)
    readable = topic.log.keys != UNREADABLE
    unseen = due & readable & (times_seen[topic.canonical] == 0)
    lost = len(np.unique(topic.canonical[unseen])) + int(topic.missing.below(ends).sum())
    unreported = max(0, int((due & ~readable).sum()) - sightings.bad)
    acknowledged = int(topic.acknowledged.below(ends).sum())
    unique = int(np.count_nonzero(times_seen))
    return Account(
        sent=acknowledged,
        acknowledged=acknowledged,
        unique=unique,
        lost=lost + unreported,
        duplicated=int(times_seen.sum()) - unique,
        out_of_order=sum(_out_of_order(topic.log, places) for places in places_by_worker),
        unknown=sum(int((~found).sum()) for _, found in located),
        bad=sightings.bad,
        committed=sum(sightings.committed.values()),
        end=sum(ends.values()),
    )


def _select(log: Log, which: NDArray[np.bool_]) -> Log:
    return Log(log.keys[which], log.partitions[which], log.offsets[which])


def _stretch_ends(
    topic: Topic, places_by_worker: Sequence[NDArray[np.int64]], committed: Mapping[int, int]
) -> dict[int, int]:
    """Of each partition, the end of what was seen or committed, whichever is further."""
    ends = dict(committed)
    for places in places_by_worker:
        partitions, offsets = topic.log.partitions[places], topic.log.offsets[places]
        for partition in np.unique(partitions).tolist():
            last = int(offsets[partitions == partition].max())
            ends[partition] = max(ends.get(partition, 0), last + 1)
    return ends


def _out_of_order(log: Log, places: NDArray[np.int64]) -> int:
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
