"""The sink: its clock runs from the first to the target-th record, its book holds all of them."""

from pathlib import Path

import numpy as np
import pytest

from hotloop.base.clock import ManualClock
from stream.account.record import Payload, Reason
from stream.consume.job import Job, Stamp
from stream.consume.seen import Seen
from stream.consume.sink import Sink, Stop

STEP_NS = 1000


class Bench:
    """A sink over a clock and a CPU meter that a test moves by hand."""

    def __init__(self, folder: Path, target: int | None, stamp: Stamp) -> None:
        self.path = folder / "seen.npz"
        self.clock = ManualClock()
        self.cpu_s = 0.0
        job = Job(
            variant="faust",
            bootstrap="",
            topic="t",
            group="g",
            partitions=1,
            target_records=target,
            deadline_s=1.0,
            stamp=stamp,
            seen_path=str(self.path),
            login={},
            data_dir=str(folder),
            session_timeout_s=None,
        )
        self.sink = Sink(job, self.clock, lambda: self.cpu_s)

    def advance(self) -> None:
        self.clock.sleep_ns(STEP_NS)
        self.cpu_s += 1.0

    def feed(self, sequences: range) -> None:
        for sequence in sequences:
            self.advance()
            self.sink.handle(Payload(f"01-{sequence:010d}-{7:019d}", 0.5))


def bench(folder: Path, target: int | None = 3, stamp: Stamp = Stamp.FIRST_AND_LAST) -> Bench:
    return Bench(folder, target, stamp)


def test_the_clock_runs_from_the_first_record_to_the_target(tmp_path: Path) -> None:
    run = bench(tmp_path, target=3)
    run.feed(range(5))
    assert (run.sink.first_ns, run.sink.last_ns) == (STEP_NS, 3 * STEP_NS)
    assert (run.sink.count, run.sink.seen, run.sink.cpu_s) == (3, 5, 2.0)


def test_what_comes_after_the_target_is_in_the_book_but_not_in_the_figures(tmp_path: Path) -> None:
    run = bench(tmp_path, target=3)
    run.feed(range(5))
    run.sink.close()
    assert Seen.read(run.path).sequence.tolist() == [0, 1, 2, 3, 4]
    assert run.sink.count == 3


def test_the_sink_asks_to_stop_at_the_target_and_not_before(tmp_path: Path) -> None:
    run = bench(tmp_path, target=2)
    stops: list[Stop | None] = []
    run.sink.on_stop(lambda: stops.append(run.sink.stopped_by))
    run.feed(range(1))
    assert not run.sink.stopping
    run.feed(range(1, 4))
    assert stops == [Stop.TARGET]


def test_a_target_of_one_record_is_reached_by_the_first(tmp_path: Path) -> None:
    run = bench(tmp_path, target=1)
    run.feed(range(1))
    assert run.sink.stopping
    assert run.sink.first_ns == run.sink.last_ns == STEP_NS


def test_a_callback_that_comes_too_late_is_called_at_once(tmp_path: Path) -> None:
    run = bench(tmp_path)
    run.sink.request_stop(Stop.SIGNAL)
    called: list[bool] = []
    run.sink.on_stop(lambda: called.append(True))
    assert called == [True]


def test_only_the_first_cause_to_stop_counts(tmp_path: Path) -> None:
    run = bench(tmp_path)
    run.sink.request_stop(Stop.DEADLINE)
    run.sink.request_stop(Stop.SIGNAL)
    assert run.sink.stopped_by is Stop.DEADLINE


def test_without_its_target_a_run_has_neither_an_end_nor_cpu_seconds(tmp_path: Path) -> None:
    run = bench(tmp_path, target=3)
    run.feed(range(2))
    run.sink.close()
    assert (run.sink.last_ns, run.sink.cpu_s, run.sink.count) == (None, None, 0)


@pytest.mark.parametrize("stamp", list(Stamp))
def test_bad_records_count_towards_the_target_and_have_their_reason(
    tmp_path: Path, stamp: Stamp
) -> None:
    run = bench(tmp_path, target=4, stamp=stamp)
    run.feed(range(1))
    run.sink.bad(Reason.EMPTY)
    run.sink.handle(Payload("nobody's id", 0.0))
    run.feed(range(1, 2))
    assert run.sink.stopped_by is Stop.TARGET
    assert run.sink.close() == {"bad id": 1, "empty": 1}
    assert Seen.read(run.path).sequence.tolist() == [0, 1]


def test_a_run_of_good_records_reports_no_reason_at_all(tmp_path: Path) -> None:
    run = bench(tmp_path)
    run.feed(range(3))
    assert run.sink.close() == {}


def test_each_good_record_has_its_own_time_where_it_was_asked_for(tmp_path: Path) -> None:
    run = bench(tmp_path, target=None, stamp=Stamp.EACH)
    run.feed(range(2))
    run.advance()
    run.sink.bad(Reason.BAD_JSON)
    run.feed(range(2, 3))
    run.sink.close()
    assert Seen.read(run.path).received_ns.tolist() == [STEP_NS, 2 * STEP_NS, 4 * STEP_NS]
    assert (run.sink.first_ns, run.sink.last_ns, run.sink.count) == (STEP_NS, 4 * STEP_NS, 4)


def test_the_book_says_zero_where_records_were_not_stamped(tmp_path: Path) -> None:
    run = bench(tmp_path)
    run.feed(range(3))
    run.sink.close()
    seen = Seen.read(run.path)
    assert seen.received_ns.tolist() == [0, 0, 0]
    assert seen.producer.tolist() == [1, 1, 1]
    assert seen.planned_ns.tolist() == [7, 7, 7]


def test_a_run_that_saw_nothing_has_an_empty_book(tmp_path: Path) -> None:
    run = bench(tmp_path)
    assert run.sink.close() == {}
    assert len(Seen.read(run.path).sequence) == 0
    assert run.sink.first_ns is None


def test_the_book_survives_the_file(tmp_path: Path) -> None:
    columns = [np.arange(3, dtype=np.int64) + offset for offset in range(4)]
    Seen(*columns).write(tmp_path / "book.npz")
    read = Seen.read(tmp_path / "book.npz")
    for name, column in zip(Seen.__slots__, columns, strict=True):
        assert getattr(read, name).tolist() == column.tolist()
