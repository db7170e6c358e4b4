"""A steady load on running consumers: generator, consumers and account, as arrays.

    consumers join ── load starts ── warm-up ── window ── load ends ── tail ── stop
                      start_ns                begin  end

One function runs it for the search, for latency, and for faults, which act while
the load is running.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hotloop.base.errors import MeasurementError
from stream.account import reader
from stream.account.figures import Account
from stream.account.ledger import Int64s, Sightings, Topic, keys, settle
from stream.cluster.place import Place
from stream.consume import journal
from stream.consume import process as consumer
from stream.consume.job import ConsumerReport, GroupProtocol, Job, Stamp
from stream.consume.process import Consumer
from stream.consume.seen import Seen
from stream.load import process as producer
from stream.load.job import LoadReport, Sent
from stream.load.process import Load
from stream.measure.drain import JOIN_LIMIT_S, Shape, load_jobs
from stream.measure.lag import Lag, measure

NS_PER_S = 1e9
NOT_SEEN = -1
# Generators start, connect and then wait this long, so that all begin at about the same time.
START_IN_S = 0.3
# Between the end of the load and the stop of consumers that keep up.
TAIL_S = 1.0
# In addition to the load's own time: joining, stopping, and what a fault may add.
SPARE_S = 120.0
LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Offer:
    """The load: ``rate_per_s`` over all producers, during ``warm_s`` and then ``window_s``."""

    rate_per_s: float
    warm_s: float
    window_s: float
    producers: int
    value_seed: int

    @property
    def records(self) -> int:
        """How many records this is."""
        return max(self.producers, round(self.rate_per_s * (self.warm_s + self.window_s)))


@dataclass(slots=True)
class Running:
    """Consumers under load, which a fault may act on. ``workers`` may grow.

    ``killed``: workers that were ended on purpose.
    """

    place: Place
    variant: str
    shape: Shape
    topics: tuple[str, ...]
    groups: tuple[str, ...]
    offer: Offer
    harm: "Harm | None"
    workers: list[Consumer] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    killed: list[Consumer] = field(default_factory=list)

    def kill(self, worker: Consumer) -> None:
        """End a worker at once, on purpose; its journal says what it saw."""
        self.killed.append(worker)
        worker.kill()

    def await_loads(self) -> Sent:
        """What the generators sent, when they are over; raises MeasurementError."""
        return Sent(tuple((load.job, *load.wait()) for load in self.loads))

    def start_worker(self, topic: int = 0) -> Consumer:
        """Start one more worker in the group of the topic with this number."""
        folder = self.place.new_folder()
        harm = self.harm
        lasting_s = self.offer.warm_s + self.offer.window_s + (harm.commit_limit_s if harm else 0)
        job = Job(
            variant=self.variant,
            bootstrap=self.place.bootstrap,
            topic=self.topics[topic],
            group=self.groups[topic],
            partitions=self.shape.partitions,
            target_records=None,
            deadline_s=lasting_s + SPARE_S,
            stamp=Stamp.EACH,
            seen_path=str(folder / "seen.npz"),
            login=self.place.login,
            data_dir=str(folder),
            session_timeout_s=harm.session_timeout_s if harm else None,
            # In case it does not live to write its book.
            journal_path=str(folder / "seen.txt") if harm else None,
            protocol=harm.protocol if harm else None,
        )
        worker = consumer.start(job)
        self.workers.append(worker)
        return worker

    def alive(self) -> bool:
        """Whether every worker runs."""
        return all(worker.runs for worker in self.workers)

    def await_members(self) -> None:
        """Return when each group has all its workers, or a worker ended."""
        for group in self.groups:
            consumer.await_members(
                self.place, group, self.shape.workers, JOIN_LIMIT_S, self.workers
            )

    def await_commits(self, limit_s: float) -> None:
        """Return when everything in the topics is committed, at the latest after ``limit_s``."""
        deadline = time.monotonic() + limit_s
        pending = list(zip(self.groups, self.topics, strict=True))
        while pending and time.monotonic() < deadline:
            pending = [
                (group, topic)
                for group, topic in pending
                if self.place.committed(group, topic) != _nonzero(self.place.end_offsets(topic))
            ]
            time.sleep(LOOK_S)


@dataclass(frozen=True, slots=True)
class Harm:
    """What a fault does to consumers under load.

    ``during`` is called when the load has started, in this thread; the load continues meanwhile.
    The consumers are stopped only when all is committed, or after ``commit_limit_s``, and
    everything in the topics counts as due. ``session_timeout_s``: of the consumers, and
    ``protocol``: of their group, each None: their client's default.
    """

    during: Callable[[Running], None]
    commit_limit_s: float
    session_timeout_s: float | None
    protocol: GroupProtocol | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """What consumers and generators have left when they have ended."""

    sent: Sent
    reports: tuple[ConsumerReport, ...]
    stopped_ns: int


@dataclass(frozen=True, slots=True)
class Steady:
    """What happened to each record of a steady load.

    The arrays have one entry for each record that was sent, int64, nanoseconds:
    ``planned_ns``, ``sent_ns``, and ``received_ns``, the first time that a user
    function saw it (NOT_SEEN if none did); ``times_seen`` says how often it was
    seen. ``begin_ns`` and ``end_ns`` bound the measured window; ``stopped_ns`` is
    when the consumers were told to stop. ``books``: what each worker saw, in the order of their
    start. ``refusal``: one sentence on the records that the
    broker refused, or None. ``taken_away``: why the cluster may delete what nobody has
    read, if it says so.
    """

    offered_per_s: float
    begin_ns: int
    end_ns: int
    stopped_ns: int
    planned_ns: Int64s
    sent_ns: Int64s
    received_ns: Int64s
    times_seen: Int64s
    account: Account
    reports: tuple[ConsumerReport, ...]
    books: tuple[Seen, ...]
    loads: tuple[LoadReport, ...]
    refusal: str | None
    taken_away: str | None

    @property
    def silent_s(self) -> float:
        """From the last new record (or the start of the load) to the stop of the consumers."""
        begun_ns = min(load.start_ns for load in self.loads)
        last_ns = max(begun_ns, int(self.received_ns.max(initial=NOT_SEEN)))
        return max(0, self.stopped_ns - last_ns) / NS_PER_S

    @property
    def handled(self) -> int:
        """Different records that were seen."""
        return int((self.received_ns != NOT_SEEN).sum())

    def lag(self) -> Lag:
        """The consumers' lag behind the plan, within the window."""
        received = self.received_ns[self.received_ns != NOT_SEEN]
        return measure(self.planned_ns, received, self.begin_ns, self.end_ns)

    def sent_per_s(self) -> float:
        """The generators' own rate: what was planned for the window and sent by its end."""
        inside = (self.planned_ns >= self.begin_ns) & (self.planned_ns < self.end_ns)
        in_time = inside & (self.sent_ns < self.end_ns)
        return int(in_time.sum()) * NS_PER_S / (self.end_ns - self.begin_ns)


def run(place: Place, variant: str, shape: Shape, offer: Offer, harm: Harm | None = None) -> Steady:
    """Run consumers of ``variant`` under a steady load on fresh topics and groups.

    Without ``harm`` they are stopped soon after the load, and their account does not cover what
    they had not reached. Raises MeasurementError if a generator or a worker failed, unless it was
    killed on purpose, and, without ``harm``, if the broker did not accept all records.
    """
    topics = tuple(place.new_topic(shape.partitions) for _ in range(shape.topics))
    groups = tuple(place.new_group() for _ in topics)
    running = Running(place, variant, shape, topics, groups, offer, harm)
    try:
        ended = _carried_out(running)
    finally:
        for load in running.loads:
            load.end()
        consumer.end(running.workers, place.goodbye_s)
    if harm is None and ended.sent.refusal is not None:
        raise MeasurementError(ended.sent.refusal)
    steady = _concluded(running, ended)
    for worker in running.workers:
        shutil.rmtree(worker.job.data_dir, ignore_errors=True)
    for load in running.loads:
        shutil.rmtree(Path(load.job.book_path).parent, ignore_errors=True)
    for topic in topics:
        place.drop_topic(topic)
    return steady


def _carried_out(running: Running) -> Ended:
    """Join, load, harm and stop."""
    offer, harm = running.offer, running.harm
    for topic in range(running.shape.topics):
        for _ in range(running.shape.workers):
            running.start_worker(topic)
    running.await_members()
    sent = Sent(())
    if running.alive():
        jobs = load_jobs(
            running.place,
            running.topics,
            running.shape,
            offer.records,
            offer.producers,
            offer.value_seed,
            rate_per_s=offer.rate_per_s,
            start_in_s=START_IN_S,
        )
        running.loads = [producer.start(job) for job in jobs]
        if harm is not None:
            harm.during(running)
        sent = running.await_loads()
        if harm is not None:
            running.await_commits(harm.commit_limit_s)
        time.sleep(TAIL_S)
    stopped_ns = time.perf_counter_ns()
    for worker in running.workers:
        worker.stop()
    reports = tuple(worker.wait() for worker in running.workers)
    _check(running, reports)
    if not sent.loads:
        raise MeasurementError(f"{running.variant} ended before the load began")
    return Ended(sent, reports, stopped_ns)


def _concluded(running: Running, ended: Ended) -> Steady:
    sent = ended.sent
    told = [_told(*one) for one in zip(running.workers, ended.reports, strict=True)]
    books = [seen for seen, _ in told]
    loads = tuple(report for _, report, _ in sent.loads)
    sent_by_producer = [len(book.sent_ns) for *_, book in sent.loads]
    begin_ns, end_ns = _window(loads, running.offer)
    return Steady(
        offered_per_s=running.offer.rate_per_s,
        begin_ns=begin_ns,
        end_ns=end_ns,
        stopped_ns=ended.stopped_ns,
        planned_ns=np.concatenate([book.planned_ns for *_, book in sent.loads]),
        sent_ns=np.concatenate([book.sent_ns for *_, book in sent.loads]),
        received_ns=first_sightings(sent_by_producer, books),
        times_seen=count_sightings(sent_by_producer, books),
        account=_account(running, sent, told),
        reports=ended.reports,
        books=tuple(books),
        loads=loads,
        refusal=sent.refusal,
        taken_away=running.place.taken_away(running.topics),
    )


def first_sightings(sent: Sequence[int], books: Sequence[Seen]) -> Int64s:
    """For each record of each producer in turn, when it was first seen, or NOT_SEEN.

    ``sent`` is how many records each producer sent; the account covers what nobody sent.
    """
    never = np.iinfo(np.int64).max
    first = np.full(sum(sent), never, np.int64)
    for book in books:
        places, is_known = _places(sent, book)
        np.minimum.at(first, places, book.received_ns[is_known])
    first[first == never] = NOT_SEEN
    return first


def count_sightings(sent: Sequence[int], books: Sequence[Seen]) -> Int64s:
    """How often each record of each producer in turn was seen; ``sent`` as above."""
    times = np.zeros(sum(sent), np.int64)
    for book in books:
        np.add.at(times, _places(sent, book)[0], 1)
    return times


def _places(sent: Sequence[int], book: Seen) -> tuple[Int64s, NDArray[np.bool_]]:
    """The places of a book's known sightings among all records, and which sightings are known."""
    counts = np.array(sent, np.int64)
    base = np.cumsum(counts) - counts
    is_known = book.producer < len(counts)
    is_known[is_known] = book.sequence[is_known] < counts[book.producer[is_known]]
    return base[book.producer[is_known]] + book.sequence[is_known], is_known


def _window(loads: Sequence[LoadReport], offer: Offer) -> tuple[int, int]:
    """The part of the load after the warm-up of the last generator to start."""
    begin_ns = max(load.start_ns for load in loads) + int(offer.warm_s * NS_PER_S)
    lasting_s = offer.warm_s + offer.window_s
    return begin_ns, min(load.start_ns for load in loads) + int(lasting_s * NS_PER_S)


def _check(running: Running, reports: Sequence[ConsumerReport]) -> None:
    """Raise if a worker failed: what it saw is not known, so nobody may be blamed."""
    for worker, report in zip(running.workers, reports, strict=True):
        if report.failure is not None and worker not in running.killed:
            raise MeasurementError(report.failure)


def _told(worker: Consumer, report: ConsumerReport) -> tuple[Seen, int]:
    """What a worker saw, and how many records it called unreadable."""
    path = Path(worker.job.seen_path)
    if path.exists():
        return Seen.read(path), sum(report.bad.values())
    # A killed worker left its journal, if it got that far.
    if worker.job.journal_path is not None and Path(worker.job.journal_path).exists():
        return journal.read(Path(worker.job.journal_path))
    nothing = np.empty(0, np.int64)
    return Seen(nothing, nothing, nothing, nothing), sum(report.bad.values())


def _account(running: Running, sent: Sent, told: Sequence[tuple[Seen, int]]) -> Account:
    place, everything = running.place, running.harm is not None
    accounts = []
    for number, (name, group) in enumerate(zip(running.topics, running.groups, strict=True)):
        mine = [
            one
            for worker, one in zip(running.workers, told, strict=True)
            if worker.job.topic == name
        ]
        sightings = Sightings(
            seen=tuple(keys(seen.producer, seen.sequence) for seen, _ in mine),
            bad=sum(bad for _, bad in mine),
            committed=place.committed(group, name),
        )
        log = reader.read(place.settings, name, place.end_offsets(name))
        topic = Topic.of(log, sent.acknowledged(number), sent.unconfirmed(number))
        # Asked last: what is gone by now may have been gone before anybody could read it.
        accounts.append(settle(topic, sightings, place.extent(name), whole=everything))
    total = sum(accounts[1:], accounts[0])
    return total.with_unacknowledged(sent.records - sent.confirmed, sent.refused)


def _nonzero(ends: dict[int, int]) -> dict[int, int]:
    return {partition: end for partition, end in ends.items() if end > 0}
