"""The generator against a client that answers from a script, on a clock that moves by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from hotloop.base.clock import ManualClock
from hotloop.base.errors import MeasurementError
from stream.account.ledger import joined
from stream.account.record import decode, encode, parse_id
from stream.load.generator import (
    FLUSH_LOOK_S,
    LARGEST_BATCH_BYTES,
    Generator,
    Unconfirmed,
    batch_bytes,
    encoder,
    record_bytes,
)
from stream.load.job import UNACKNOWLEDGED, Book, LoadJob, LoadReport, Sent

S = 1_000_000_000
MS = 1_000_000


class Full(Exception):
    pass


@dataclass
class Delivery:
    """A delivery report: of which record, and where it lies."""

    raw: bytes
    at: int

    def value(self) -> bytes:
        return self.raw

    def offset(self) -> int:
        return self.at


@dataclass
class MemoryClient:
    """A producer that keeps what it gets, in queues of ``room`` until it is polled.

    ``per_record_ns``: what a record costs on the clock. ``refused``: sequences
    whose delivery fails. ``stall``: (sequence, how long) at which it stands still.
    """

    clock: ManualClock
    room: int = 1_000
    per_record_ns: int = 1_000
    refused: frozenset[int] = frozenset()
    silent: bool = False
    stall: tuple[int, int] | None = None
    log: list[tuple[str, int, bytes]] = field(default_factory=list)
    times_ns: list[int] = field(default_factory=list)
    waiting: list[tuple[Callable[[object, Delivery], None], Delivery, bool]] = field(
        default_factory=list
    )
    ends: dict[tuple[str, int], int] = field(default_factory=dict)

    def produce(
        self,
        topic: str,
        *,
        value: bytes,
        partition: int,
        on_delivery: Callable[[object, Delivery], None],
    ) -> None:
        if len(self.waiting) >= self.room:
            raise Full
        self.clock.time_ns += self.per_record_ns
        _, sequence, _ = parse_id(decode(value).id_string)
        if self.stall is not None and sequence == self.stall[0]:
            self.clock.time_ns += self.stall[1]
        self.log.append((topic, partition, value))
        self.times_ns.append(self.clock.time_ns)
        is_refused = sequence in self.refused
        offset = -1001
        if not is_refused:
            offset = self.ends.get((topic, partition), 0)
            self.ends[topic, partition] = offset + 1
        self.waiting.append((on_delivery, Delivery(value, offset), is_refused))

    def poll(self, timeout: float) -> int:
        if self.silent:
            return 0
        served, self.waiting = self.waiting, []
        for on_delivery, delivery, is_refused in served:
            on_delivery("refused" if is_refused else None, delivery)
        return len(served)

    def flush(self, timeout: float) -> int:
        assert timeout == FLUSH_LOOK_S
        self.poll(timeout)
        if self.waiting:
            self.clock.sleep_ns(int(timeout * S))
        return len(self.waiting)


def job(records: int = 10, rate: float | None = None, **changes: object) -> LoadJob:
    given: dict[str, object] = {
        "bootstrap": "",
        "producer": 7,
        "topics": ("a",),
        "partitions": 1,
        "records": records,
        "rate_per_s": rate,
        "start_in_s": 1.0,
        "value_seed": 3,
        "login": {},
        "book_path": "",
    }
    return LoadJob(**(given | changes))  # type: ignore[arg-type]


def generator(task: LoadJob, **client: object) -> tuple[Generator, MemoryClient]:
    clock = ManualClock(5 * S)
    memory = MemoryClient(clock, **client)  # type: ignore[arg-type]
    return Generator(task, memory, clock, full=Full), memory


def test_the_fast_encoder_writes_what_the_record_is_defined_as() -> None:
    fast = encoder(producer=12, value_seed=3)
    for sequence, planned_ns in [(0, 0), (4_095, 1), (4_096, 10**18), (9_999_999_999, 2**63 - 1)]:
        raw = fast(sequence, planned_ns)
        assert raw == encode(12, sequence, planned_ns, decode(raw).value)
        assert 0 <= decode(raw).value <= 5


def test_the_seed_fixes_the_values() -> None:
    assert encoder(1, 3)(5, 0) == encoder(1, 3)(5, 0) != encoder(1, 4)(5, 0)


def test_the_size_of_a_record_is_that_of_what_is_sent() -> None:
    encoded = encoder(0, 1)
    sizes = sorted(len(encoded(k, 0)) for k in range(4_096))
    assert sizes[0] <= record_bytes(1) <= sizes[-1]


def test_filling_sends_every_record_once_in_order_over_topics_and_partitions() -> None:
    task = job(8, topics=("a", "b"), partitions=2)
    sender, memory = generator(task)
    report, book = sender.run()
    assert [(topic, partition) for topic, partition, _ in memory.log] == [
        ("a", 0),
        ("b", 0),
        ("a", 1),
        ("b", 1),
    ] * 2
    assert [parse_id(decode(raw).id_string) for *_, raw in memory.log] == [
        (7, sequence, 0) for sequence in range(8)
    ]
    assert (report.sent, report.acknowledged, report.failed) == (8, 8, 0)
    held = [book.acknowledged(task, topic) for topic in (0, 1)]
    assert [log.partitions.tolist() for log in held] == [[0, 1, 0, 1]] * 2
    assert [log.offsets.tolist() for log in held] == [[0, 0, 1, 1]] * 2
    assert sorted(joined(held).keys.tolist()) == [7 * 10**10 + k for k in range(8)]


def test_a_paced_record_is_never_early_and_carries_its_planned_time() -> None:
    sender, memory = generator(job(100, rate=1_000.0))
    report, book = sender.run()
    planned = [parse_id(decode(raw).id_string)[2] for *_, raw in memory.log]
    assert planned == [6 * S + k * MS for k in range(100)] == book.planned_ns.tolist()
    assert all(t >= p for t, p in zip(memory.times_ns, planned, strict=True))
    assert report.start_ns == 6 * S
    assert (book.sent_ns - book.planned_ns).max() < 2 * MS


def test_a_stall_is_caught_up_at_once_and_leaves_the_plan_as_it_was() -> None:
    sender, _ = generator(job(100, rate=1_000.0), stall=(10, 50 * MS))
    _, book = sender.run()
    late_ms = (book.sent_ns - book.planned_ns) // MS
    assert late_ms.max() == 50
    assert late_ms[9] == 0
    assert late_ms[10] == 50
    assert late_ms[11] == 49
    assert late_ms[99] == 0
    assert np.diff(book.planned_ns).tolist() == [MS] * 99


def test_a_full_queue_delays_and_drops_nothing() -> None:
    sender, memory = generator(job(500), room=7)
    report, _ = sender.run()
    assert report.acknowledged == 500
    assert [parse_id(decode(raw).id_string)[1] for *_, raw in memory.log] == list(range(500))


def test_a_refused_record_is_sent_and_failed_and_has_no_offset() -> None:
    sender, _ = generator(job(5), refused=frozenset({2}))
    report, book = sender.run()
    assert (report.sent, report.acknowledged, report.failed) == (5, 4, 1)
    assert report.refusals == {"refused": 1}
    assert book.offset.tolist() == [0, 1, UNACKNOWLEDGED, 2, 3]


def test_records_without_any_answer_are_counted_in_the_failure() -> None:
    sender, _ = generator(job(5), silent=True)
    with pytest.raises(Unconfirmed, match=r"^5 records were not confirmed within 60 s, .* log"):
        sender.run()


@pytest.mark.parametrize("refused", [frozenset(), frozenset(range(100))])
def test_answers_are_waited_for_as_long_as_any_come(refused: frozenset[int]) -> None:
    sender, memory = generator(job(100), silent=True, refused=refused)

    def one_a_look(timeout: float) -> int:
        on_delivery, delivery, is_refused = memory.waiting.pop(0)
        memory.clock.sleep_ns(int(timeout * S))
        on_delivery("refused" if is_refused else None, delivery)
        return len(memory.waiting)

    memory.flush = one_a_look  # type: ignore[method-assign]
    report, _ = sender.run()
    assert report.acknowledged == 100 - len(refused)


def test_a_stopped_generator_reports_what_it_had_sent() -> None:
    sender, memory = generator(job(10**6, rate=1_000.0))
    arrive = memory.produce

    def stop_at_50(*args: object, **kwargs: object) -> None:
        sender.stopped = len(memory.log) >= 49
        arrive(*args, **kwargs)  # type: ignore[arg-type]

    memory.produce = stop_at_50  # type: ignore[method-assign]
    report, book = sender.run()
    assert report.sent == report.acknowledged == len(book.sent_ns) == len(book.offset) == 50


def test_a_book_comes_back_as_it_was_written(tmp_path: Path) -> None:
    _, book = generator(job(5))[0].run()
    book.write(tmp_path / "sent.npz")
    again = Book.read(tmp_path / "sent.npz")
    assert again.offset.tolist() == book.offset.tolist()
    assert again.sent_ns.tolist() == book.sent_ns.tolist()


def test_a_book_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match=r"sent\.npz"):
        Book.read(tmp_path / "sent.npz")


def test_a_job_comes_back_from_json_as_it_was() -> None:
    task = job(5, rate=2.5, topics=("a", "b"))
    assert LoadJob.from_json(task.to_json()) == task


@pytest.mark.parametrize(
    "wrong", [{"topics": ()}, {"producer": 100}, {"producer": -1}, {"partitions": 0}]
)
def test_a_job_that_cannot_be_done_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"topic|digits|partitions"):
        job(5, **wrong)  # type: ignore[arg-type]


@dataclass
class Wait:
    throttle_time: float


def test_a_load_that_was_throttled_names_the_quota() -> None:
    sender, _ = generator(job(5), silent=True)
    sender.throttled(Wait(2.5))
    with pytest.raises(Unconfirmed, match=r"the broker throttles the load \(a quota\)"):
        sender.run()


def test_a_load_that_nobody_confirmed_names_the_trouble_of_the_client() -> None:
    sender, _ = generator(job(5), silent=True)
    sender.troubled("host:1: Disconnected")
    with pytest.raises(Unconfirmed, match=r"not confirmed within 60 s \(host:1: Disconnected\)$"):
        sender.run()


def test_the_waits_that_brokers_impose_are_summed_up() -> None:
    sender, _ = generator(job(5))
    sender.throttled(Wait(2.5))
    sender.throttled(Wait(0.5))
    assert sender.run()[0].throttled_s == 3.0


def test_batches_leave_room_below_what_the_topics_take() -> None:
    assert batch_bytes(None) == batch_bytes(2_000_000) == LARGEST_BATCH_BYTES
    assert 0 < batch_bytes(65_536) < 65_536
    assert batch_bytes(1) == 1


def test_refusals_of_several_producers_are_one_sentence_with_the_commonest_reasons() -> None:
    reports = [
        LoadReport(k, 10, 8 - k, 2 + k, 0, 0, 0, 0.0, {"too large": 2, "no right": k})
        for k in (0, 1)
    ]
    _, book = generator(job(5))[0].run()
    told = Sent(tuple((job(5), report, book) for report in reports)).refusal
    assert told == ("the broker did not take 5 of 20 records: too large (4); no right (1)")
    assert Sent(()).refusal is None


def test_a_report_that_was_cut_off_is_one_sentence() -> None:
    with pytest.raises(MeasurementError, match="not a LoadReport"):
        LoadReport.from_json('{"producer": 1, "sent"')


def test_a_failure_in_place_of_a_report_is_raised_as_it_was_told() -> None:
    with pytest.raises(MeasurementError, match=r"^no load: no broker$"):
        LoadReport.from_json('{"failure": "no load: no broker"}')
