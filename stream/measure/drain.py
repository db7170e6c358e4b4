"""Draining a topic that was filled beforehand: how fast can a consumer take records?

    start ── join ── first record ───── stretch ───── last record ── stop, book
                     └──────────── the clock ────────────┘

Every run is a fresh process in a fresh group that reads the same topic from its
beginning.  A single worker stops its own clock, after the stretch or at the last
record.  Several workers are stopped together; their clock covers the time in which
all of them read.
"""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hotloop.base.errors import MeasurementError
from stream.account import reader
from stream.account.figures import Account
from stream.account.ledger import Sightings, Topic, keys, settle
from stream.cluster.place import Place
from stream.consume import process as consumer
from stream.consume.job import ConsumerReport, Job, Stamp
from stream.consume.process import Consumer
from stream.consume.seen import Seen
from stream.load import process as producer
from stream.load.job import LoadJob, LoadReport, Sent
from stream.measure.meter import Meter

# From the start of a worker to its first record; Faust needs 2 s on an idle machine.
JOIN_LIMIT_S = 60.0
# A slower consumer counts as hung if it has to read a whole topic.
SLOWEST_PER_S = 300.0
NS_PER_S = 1e9
MILLION = 1e6


@dataclass(frozen=True, slots=True)
class Shape:
    """What a measurement reads: how many topics, partitions each, workers each."""

    topics: int
    partitions: int
    workers: int

    def __post_init__(self) -> None:
        if min(self.topics, self.partitions, self.workers) < 1:
            raise ValueError(f"{self} has a 0")
        if self.workers > self.partitions:
            raise ValueError(
                f"{self.workers} workers on {self.partitions} partition(s): "
                f"{self.workers - self.partitions} would have nothing to read"
            )

    @property
    def all_workers(self) -> int:
        """Workers over all topics."""
        return self.topics * self.workers


@dataclass(frozen=True, slots=True)
class Filled:
    """Topics that hold ``records`` records each, with the account's two witnesses.

    ``reports``: of each generator that filled them. ``is_fetch_throttled``: whether brokers made
    the independent reader wait.
    """

    names: tuple[str, ...]
    partitions: int
    records: int
    held: tuple[Topic, ...]
    reports: tuple[LoadReport, ...]
    is_fetch_throttled: bool = False

    @property
    def fill_per_s(self) -> float:
        """Records a second that all generators together had confirmed."""
        begin_ns = min(report.start_ns for report in self.reports)
        end_ns = max(report.last_acknowledged_ns for report in self.reports)
        total = sum(report.acknowledged for report in self.reports)
        return total * NS_PER_S / (end_ns - begin_ns)


@dataclass(frozen=True, slots=True)
class Drained:
    """One run that went well.

    ``records``: in the stretch. ``join_s``: from the start of the (slowest)
    worker to its first record. CPU seconds: of the consumers and of the brokers within
    the stretch, None if they are not known. ``report``: of the first worker.
    """

    records: int
    records_per_s: float
    join_s: float
    cpu_s_per_million: float | None
    broker_cpu_s_per_million: float | None
    account: Account
    report: ConsumerReport


def fill(place: Place, shape: Shape, records: int, producers: int, value_seed: int) -> Filled:
    """Fill fresh topics with ``records`` records in all, by generators side by side.

    Raises MeasurementError if a record could not be sent, with the broker's reason.
    """
    names = tuple(place.new_topic(shape.partitions) for _ in range(shape.topics))
    jobs = load_jobs(place, names, shape, records, producers, value_seed)
    loads = [producer.start(job) for job in jobs]
    try:
        told = [load.wait() for load in loads]
    finally:
        for load in loads:
            load.end()
    for job in jobs:
        shutil.rmtree(Path(job.book_path).parent, ignore_errors=True)
    sent = Sent(tuple((job, *one) for job, one in zip(jobs, told, strict=True)))
    if sent.refusal is not None:
        raise MeasurementError(f"the topic could not be filled: {sent.refusal}")
    throttles: list[object] = []
    settings = place.settings | {"throttle_cb": throttles.append}
    held = tuple(
        Topic.of(
            reader.read(settings, name, place.end_offsets(name)),
            sent.acknowledged(number),
        )
        for number, name in enumerate(names)
    )
    return Filled(
        names,
        shape.partitions,
        min(len(topic.log.keys) for topic in held),
        held,
        tuple(report for report, _ in told),
        bool(throttles),
    )


def load_jobs(
    place: Place,
    topics: tuple[str, ...],
    shape: Shape,
    records: int,
    producers: int,
    value_seed: int,
    *,
    rate_per_s: float | None = None,
    start_in_s: float = 0.0,
) -> list[LoadJob]:
    """One for each producer; ``rate_per_s`` of all together; None: as fast as possible."""
    return [
        LoadJob(
            bootstrap=place.bootstrap,
            producer=number,
            topics=topics,
            partitions=shape.partitions,
            records=share,
            rate_per_s=None if rate_per_s is None else rate_per_s * share / records,
            start_in_s=start_in_s,
            value_seed=value_seed + number,
            login=place.login,
            book_path=str(place.new_folder() / "sent.npz"),
            batch_bytes=place.batch_bytes(topics),
        )
        for number, share in enumerate(shares(records, producers))
    ]


def shares(records: int, producers: int) -> list[int]:
    """``records`` split over the producers as evenly as possible, at least one for each."""
    whole, rest = divmod(records, producers)
    return [share for share in (whole + (k < rest) for k in range(producers)) if share]


def drain(
    place: Place,
    filled: Filled,
    variant: str,
    shape: Shape,
    stretch_s: float | None,
    meter: Meter | None,
) -> Drained:
    """Run ``variant`` once in fresh processes, for ``stretch_s`` or to the end of the topics.

    ``stretch_s`` is None only for a single worker, which then reads to the end.
    Raises MeasurementError with the reason if a worker failed or hung.
    """
    if stretch_s is None and shape.all_workers > 1:
        raise ValueError("several workers are stopped by time, so there must be a stretch")
    jobs = _jobs(place, filled, variant, shape, stretch_s)
    workers = [consumer.start(job) for job in jobs]
    try:
        if shape.all_workers > 1:
            _let_read(place, workers, shape, stretch_s or 0.0)
        reports = [worker.wait() for worker in workers]
    finally:
        consumer.end(workers, place.goodbye_s)
    for report in reports:
        if report.failure is not None:
            raise MeasurementError(f"{report.failure}{_gone(place, filled)}")
    books = [Seen.read(Path(job.seen_path)) for job in jobs]
    account = _account(place, filled, jobs, reports, books)
    drained = _drained(workers, reports, books, account, meter)
    for job in jobs:
        shutil.rmtree(job.data_dir, ignore_errors=True)
    return drained


def _gone(place: Place, filled: Filled) -> str:
    """What to add to a worker's failure if the cluster removed records; otherwise nothing."""
    gone = 0
    for name, held in zip(filled.names, filled.held, strict=True):
        extent = place.extent(name)
        gone += int((held.log.below(extent.starts) | ~held.log.below(extent.ends)).sum())
    if not gone:
        return ""
    why = place.taken_away(filled.names)
    return (
        f"; but of the {filled.records * len(filled.names):,} records the cluster has taken "
        f"{gone:,} away{f' ({why})' if why else ''}: let topics keep their records, or give fewer "
        "--records"
    )


def _jobs(
    place: Place, filled: Filled, variant: str, shape: Shape, stretch_s: float | None
) -> list[Job]:
    """One for each worker; the workers of a topic share a group."""
    alone = shape.all_workers == 1
    reading_s = filled.records / SLOWEST_PER_S if stretch_s is None else stretch_s
    jobs = []
    for name in filled.names:
        group = place.new_group()
        for _ in range(shape.workers):
            folder = place.new_folder()
            jobs.append(
                Job(
                    variant=variant,
                    bootstrap=place.bootstrap,
                    topic=name,
                    group=group,
                    partitions=filled.partitions,
                    target_records=filled.records if alone else None,
                    deadline_s=JOIN_LIMIT_S + reading_s,
                    stamp=Stamp.FIRST_AND_LAST if alone else Stamp.EACH,
                    seen_path=str(folder / "seen.npz"),
                    login=place.login,
                    data_dir=str(folder),
                    session_timeout_s=None,
                    stretch_s=stretch_s if alone else None,
                )
            )
    return jobs


def _let_read(place: Place, workers: Sequence[Consumer], shape: Shape, stretch_s: float) -> None:
    """Wait until every worker has partitions, let them read, and stop them together."""

    for group in {worker.job.group for worker in workers}:
        consumer.await_members(place, group, shape.workers, JOIN_LIMIT_S, workers)
    time.sleep(stretch_s)
    for worker in workers:
        worker.stop()


def _account(
    place: Place,
    filled: Filled,
    jobs: Sequence[Job],
    reports: Sequence[ConsumerReport],
    books: Sequence[Seen],
) -> Account:
    """The accounts of all topics together."""
    accounts = []
    for name, held in zip(filled.names, filled.held, strict=True):
        mine = [k for k, job in enumerate(jobs) if job.topic == name]
        sightings = Sightings(
            seen=tuple(keys(books[k].producer, books[k].sequence) for k in mine),
            bad=sum(sum(reports[k].bad.values()) for k in mine),
            committed=place.committed(jobs[mine[0]].group, name),
        )
        account = settle(held, sightings, place.extent(name))
        if account.lost or account.unknown:
            # Do not blame anybody because of a reading that is older than the run.
            again = reader.read(place.settings, name, place.end_offsets(name))
            account = settle(held.read_again(again), sightings, place.extent(name))
        accounts.append(account)
    return sum(accounts[1:], accounts[0])


def _drained(
    workers: Sequence[Consumer],
    reports: Sequence[ConsumerReport],
    books: Sequence[Seen],
    account: Account,
    meter: Meter | None,
) -> Drained:
    first = reports[0]
    begin_ns, end_ns = common_window(reports)
    if len(reports) == 1:
        # The first record starts the clock, so it does not count among those that took the time.
        records, cpu_s = first.count - 1, first.cpu_s
    else:
        stamps = np.concatenate([book.received_ns for book in books])
        records = int(((stamps > begin_ns) & (stamps <= end_ns)).sum())
        # Workers stopped from outside do not know when their stretch began.
        cpu_s = None
    if records < 1:
        raise MeasurementError(f"{first.variant} saw {first.count} record(s): no rate")
    return Drained(
        records=records,
        records_per_s=records * NS_PER_S / (end_ns - begin_ns),
        join_s=max(
            (report.first_ns - worker.started_ns) / NS_PER_S
            for worker, report in zip(workers, reports, strict=True)
            if report.first_ns is not None
        ),
        cpu_s_per_million=_per_million(cpu_s, records),
        broker_cpu_s_per_million=_per_million(
            meter.between(begin_ns, end_ns) if meter else None, records
        ),
        account=account,
        report=first,
    )


def _per_million(cpu_s: float | None, records: int) -> float | None:
    return None if cpu_s is None else cpu_s / records * MILLION


def common_window(reports: Sequence[ConsumerReport]) -> tuple[int, int]:
    """From the moment the last worker began to the moment the first one stopped.

    Raises MeasurementError if they never read at the same time.
    """
    spans = [(report.first_ns, report.last_ns) for report in reports]
    begins = [begin for begin, _ in spans if begin is not None]
    ends = [end for _, end in spans if end is not None]
    if len(begins) < len(spans) or len(ends) < len(spans):
        raise MeasurementError(
            f"{reports[0].variant} saw no record"
            if len(reports) == 1
            else f"a worker of {reports[0].variant} saw no record: the others had read all before "
            "it joined; give more --records, or fewer --workers or --topics"
        )
    if max(begins) >= min(ends):
        raise MeasurementError(
            f"the workers of {reports[0].variant} never read at the same time: "
            "give more --records, or fewer --workers or --topics"
        )
    return max(begins), min(ends)
