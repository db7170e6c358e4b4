"""A stretch that ends by time: after so many seconds, or at the target, whichever is first."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hotloop.base.clock import ManualClock
from stream.account.record import Payload
from stream.consume.job import Job, Stamp
from stream.consume.sink import Sink, Stop


class Bench:
    """A sink whose timer a test lets go off by hand."""

    def __init__(self, folder: Path, target: int | None, stretch_s: float | None) -> None:
        self.clock = ManualClock()
        self.cpu_s = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []
        job = Job(
            variant="faust",
            bootstrap="",
            topic="t",
            group="g",
            partitions=1,
            target_records=target,
            deadline_s=1.0,
            stamp=Stamp.FIRST_AND_LAST,
            seen_path=str(folder / "seen.npz"),
            login={},
            data_dir=str(folder),
            session_timeout_s=None,
            stretch_s=stretch_s,
        )
        self.sink = Sink(
            job,
            self.clock,
            lambda: self.cpu_s,
            lambda delay_s, action: self.timers.append((delay_s, action)),
        )

    def feed(self, records: int) -> None:
        for _ in range(records):
            self.clock.sleep_ns(10)
            self.cpu_s += 1.0
            self.sink.handle(Payload(f"01-{self.sink.seen:010d}-{0:019d}", 0.5))


def test_the_timer_starts_with_the_first_record(tmp_path: Path) -> None:
    run = Bench(tmp_path, target=None, stretch_s=2.0)
    assert run.timers == []
    run.feed(5)
    assert [delay_s for delay_s, _ in run.timers] == [2.0]


def test_when_the_timer_goes_off_the_clock_stops_at_what_was_seen(tmp_path: Path) -> None:
    run = Bench(tmp_path, target=100, stretch_s=2.0)
    run.feed(5)
    run.clock.sleep_ns(3)
    run.timers[0][1]()
    run.feed(2)
    sink = run.sink
    assert (sink.first_ns, sink.last_ns, sink.count, sink.cpu_s) == (10, 53, 5, 4.0)
    assert (sink.seen, sink.stopped_by) == (7, Stop.TARGET)


def test_a_target_that_comes_first_is_what_counts(tmp_path: Path) -> None:
    run = Bench(tmp_path, target=3, stretch_s=2.0)
    run.feed(4)
    run.timers[0][1]()
    assert (run.sink.last_ns, run.sink.count) == (30, 3)


def test_a_timer_after_the_target_lets_no_second_stop_through(tmp_path: Path) -> None:
    run = Bench(tmp_path, target=3, stretch_s=2.0)
    stops: list[int] = []
    run.sink.on_stop(lambda: stops.append(1))
    run.feed(3)
    run.timers[0][1]()
    assert stops == [1]


def test_without_a_stretch_there_is_no_timer(tmp_path: Path) -> None:
    run = Bench(tmp_path, target=3, stretch_s=None)
    run.feed(1)
    assert run.timers == []


def test_a_stretch_without_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stretch_s is 0"):
        Bench(tmp_path, target=3, stretch_s=0.0)
