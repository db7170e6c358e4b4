"""Random histories of a topic, whose losses are known because the model itself caused them.

A client reads, commits, crashes, jumps and skips records. The cluster refuses records, removes the
oldest and some in between, and loses its newest. At some moment a reader comes. The account is made
from what the witnesses would report, and must agree with what happened.
"""

import random
from dataclasses import dataclass, field

import numpy as np

from stream.account.figures import Account
from stream.account.ledger import UNCONFIRMED, UNREADABLE, Extent, Log, Sightings, Topic, settle

MOST_STEPS = 40
MOST_AT_ONCE = 6


@dataclass(slots=True)
class Partition:
    """The log as it is: offset to key, from ``start`` to ``end``; and where its reader stands."""

    records: dict[int, int] = field(default_factory=dict)
    start: int = 0
    end: int = 0
    position: int = 0
    committed: int | None = None

    def append(self, key: int) -> int:
        self.records[self.end] = key
        self.end += 1
        return self.end - 1

    def expire(self, below: int) -> None:
        """What retention does, and whoever deletes records."""
        self.start = max(self.start, min(below, self.end))
        self.records = {at: key for at, key in self.records.items() if at >= self.start}

    def truncate(self, end: int) -> None:
        """What an unclean election does: the newest are gone, their offsets are given again."""
        self.end = max(self.start, min(end, self.end))
        self.records = {at: key for at, key in self.records.items() if at < self.end}


@dataclass(slots=True)
class History:
    """What happened, and what each witness noted of it.

    ``seen`` by worker. ``told``: bad reports; ``reported``: the readable ones among them, by key.
    ``is_blurred``: a record went from the middle of the log when the reader had been there.
    ``honest``: places of unreadable records that were reported, once for each report.
    """

    partitions: list[Partition]
    workers: int
    seen: list[list[int]] = field(default_factory=list)
    told: int = 0
    reported: set[int] = field(default_factory=set)
    honest: list[tuple[int, int]] = field(default_factory=list)
    acknowledged: list[tuple[int, int, int]] = field(default_factory=list)
    unconfirmed: list[tuple[int, int, int]] = field(default_factory=list)
    read: list[tuple[int, int, int]] = field(default_factory=list)
    ghosts: int = 0
    is_blurred: bool = False
    next_key: int = 0

    def new_key(self) -> int:
        self.next_key += 1
        return self.next_key

    def snapshot(self) -> list[tuple[int, int, int]]:
        """What a reader finds now."""
        return [
            (key, number, at)
            for number, one in enumerate(self.partitions)
            for at, key in sorted(one.records.items())
        ]

    def extent(self) -> Extent:
        return Extent(
            {number: one.start for number, one in enumerate(self.partitions)},
            {number: one.end for number, one in enumerate(self.partitions)},
        )

    def sightings(self) -> Sightings:
        committed = {
            number: one.committed
            for number, one in enumerate(self.partitions)
            if one.committed is not None
        }
        seen = tuple(np.array(keys, np.int64) for keys in self.seen)
        return Sightings(seen, self.told, committed)


def live(chance: random.Random) -> History:
    """One history: load and life first, then the reader, then what comes after it.

    Where the reader comes early (a topic that was filled beforehand) the load is over by then.
    """
    partitions = chance.randint(1, 3)
    history = History([Partition() for _ in range(partitions)], chance.randint(1, 3))
    history.seen = [[] for _ in range(history.workers)]
    is_honest = chance.random() < 0.5
    is_early = chance.random() < 0.5
    has_poison = chance.random() < 0.3
    steps = chance.randint(0, MOST_STEPS)
    for _ in range(steps):
        if is_early or chance.random() < 0.5:
            _load(history, chance, has_poison)
        if not is_early:
            _step(history, chance, is_honest=is_honest)
    history.read = history.snapshot()
    for _ in range(steps if is_early else 0):
        _step(history, chance, is_honest=is_honest)
    return history


def _load(history: History, chance: random.Random, has_poison: bool) -> None:
    number = chance.randrange(len(history.partitions))
    one = history.partitions[number]
    for _ in range(chance.randint(1, MOST_AT_ONCE)):
        how = chance.random()
        if has_poison and how < 0.2:
            one.append(UNREADABLE)
        elif how < 0.3:
            # Refused, or stored without the producer ever hearing of it.
            key = history.new_key()
            history.unconfirmed.append((key, number, UNCONFIRMED))
            if chance.random() < 0.5:
                one.append(key)
        else:
            key = history.new_key()
            history.acknowledged.append((key, number, one.append(key)))


def _step(history: History, chance: random.Random, *, is_honest: bool) -> None:
    number = chance.randrange(len(history.partitions))
    one = history.partitions[number]
    worker = chance.randrange(history.workers)
    how = chance.random()
    amount = chance.randint(1, MOST_AT_ONCE)
    if how < 0.45:
        _consume(history, chance, number, worker, amount, is_honest=is_honest)
    elif how < 0.65:
        one.committed = max(one.position, one.committed or 0)
    elif how < 0.72:
        # A crash: the next one begins at the commit, or at the start if there is none.
        one.position = one.committed or one.start
    elif how < 0.80:
        one.expire(one.start + amount)
    elif how < 0.84:
        one.truncate(one.end - amount)
    elif how < 0.88 and one.records:
        del one.records[chance.choice(list(one.records))]
        history.is_blurred |= bool(history.read)
    elif is_honest:
        return
    elif how < 0.92:
        one.position = min(one.end, max(one.position, one.start) + amount)
    elif how < 0.95:
        # A reset to the latest, or a commit for a partition that it never read.
        one.position = one.end
        one.committed = one.end if chance.random() < 0.5 else one.committed
    elif how < 0.97:
        one.position = one.start
    else:
        history.ghosts += 1
        history.seen[worker].append(10**12 + history.new_key())


def _consume(
    history: History,
    chance: random.Random,
    number: int,
    worker: int,
    amount: int,
    *,
    is_honest: bool,
) -> None:
    one = history.partitions[number]
    one.position = min(one.end, max(one.position, one.start))
    for at in range(one.position, min(one.end, one.position + amount)):
        key = one.records.get(at)
        if key == UNREADABLE:
            if is_honest or chance.random() < 0.7:
                history.told += 1
                history.honest.append((number, at))
        elif key is not None:
            if not is_honest and chance.random() < 0.1:
                history.told += 1
                history.reported.add(key)
            else:
                history.seen[worker].append(key)
        one.position = at + 1


def account(history: History, *, whole: bool) -> Account:
    """As the harness draws it up: an accusation is looked into with a fresh reading."""
    sightings, extent = history.sightings(), history.extent()
    topic = Topic.of(_log(history.read), _log(history.acknowledged), _log(history.unconfirmed))
    found = settle(topic, sightings, extent, whole=whole)
    if not found.lost:
        return found
    return settle(topic.read_again(_log(history.snapshot())), sightings, extent, whole=whole)


def findings(history: History) -> list[str]:
    """Where the account, of the stretch and of everything, differs from what happened."""
    return [
        f"{'whole' if whole else 'stretch'}: {finding}"
        for whole in (False, True)
        for finding in _findings(history, account(history, whole=whole), whole=whole)
    ]


def _findings(history: History, found: Account, *, whole: bool) -> list[str]:
    ever_seen = {key for worker in history.seen for key in worker}
    passed_unseen: set[int] = set()
    behind_unseen: set[int] = set()
    unreported, excess = 0, history.told
    for number, one in enumerate(history.partitions):
        for at, key in one.records.items():
            is_passed = at < (one.committed or 0)
            if key == UNREADABLE:
                was_told = (number, at) in history.honest
                unreported += is_passed and not was_told
                excess -= is_passed and was_told
            elif key not in ever_seen:
                (passed_unseen if is_passed else behind_unseen).add(key)
    lost = len(passed_unseen - history.reported) + unreported
    excess -= len(passed_unseen & history.reported)
    told = []
    if found.lost != max(0, lost - excess):
        told.append(f"lost {found.lost}, in truth {lost}, {excess} reports of bad records to spare")
    known = {key for key, *_ in (*history.acknowledged, *history.unconfirmed)}
    sightings = [key for worker in history.seen for key in worker]
    unique = len(ever_seen & known)
    if (found.unknown, found.unique) != (history.ghosts, unique):
        told.append(f"{found.unknown} unknown, {found.unique} unique: {history.ghosts}, {unique}")
    if found.duplicated != len(sightings) - history.ghosts - unique:
        told.append(f"{found.duplicated} duplicated of {len(sightings)} sightings")
    if not whole or history.told or any(key == UNREADABLE for key, *_ in history.read):
        return told
    if found.not_reached != len(behind_unseen) and not history.is_blurred:
        told.append(f"{found.not_reached} not reached, in truth {len(behind_unseen)}")
    present = {key for one in history.partitions for key in one.records.values()}
    confirmed = {key for key, *_ in (*history.acknowledged, *history.read)}
    gone = len(confirmed - present - ever_seen)
    others = found.not_reached + found.expired + found.missing
    if others != len(behind_unseen) + gone:
        told.append(f"{others} not lost, in truth {len(behind_unseen)} behind and {gone} gone")
    return told


def _log(records: list[tuple[int, int, int]]) -> Log:
    columns = np.array(records, np.int64).reshape(-1, 3)
    return Log(columns[:, 0], columns[:, 1], columns[:, 2])


def try_seed(seed: int) -> list[str]:
    """The findings of that seed's history."""
    return findings(live(random.Random(seed)))
