"""What the harness itself costs per record, without a broker: decode, sink, plan, account.

pytest --benchmark-only tests/test_benchmark_stream.py
"""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from hotloop.base.clock import SystemClock
from stream.account import ledger
from stream.account.record import Payload, decode, encode
from stream.consume.job import Job, Stamp
from stream.consume.seen import parse_ids
from stream.consume.sink import Sink
from stream.load.pacing import Schedule

# Enough for the loop's start not to matter, few enough to stay in a cache.
RECORDS = 10_000
ROUNDS = 20
NS_PER_S = 1e9


@cache
def raw() -> list[bytes]:
    return [encode(1, sequence, 0, sequence % 5 + 0.25) for sequence in range(RECORDS)]


@cache
def payloads() -> list[Payload]:
    return [decode(each) for each in raw()]


def note_ns_per_record(benchmark: BenchmarkFixture) -> None:
    # No figures with --benchmark-disable, which runs each call once.
    if benchmark.stats is not None:
        benchmark.extra_info["ns_per_record"] = benchmark.stats.stats.min / RECORDS * NS_PER_S


def for_each(function: Callable[[Payload], object]) -> None:
    for payload in payloads():
        function(payload)


def fresh_handle(folder: Path, stamp: Stamp) -> Callable[[Payload], None]:
    job = Job(
        variant="faust",
        bootstrap="",
        topic="t",
        group="g",
        partitions=1,
        target_records=RECORDS + 1,
        deadline_s=1.0,
        stamp=stamp,
        seen_path=str(folder / "seen.npz"),
        login={},
        data_dir=str(folder),
        session_timeout_s=None,
    )
    return Sink(job, SystemClock()).handle


def test_decode(benchmark: BenchmarkFixture) -> None:
    records = raw()
    benchmark(lambda: [decode(each) for each in records])
    note_ns_per_record(benchmark)


def test_encode(benchmark: BenchmarkFixture) -> None:
    benchmark(lambda: [encode(1, sequence, 0, 2.5) for sequence in range(RECORDS)])
    note_ns_per_record(benchmark)


@pytest.mark.parametrize("stamp", list(Stamp), ids=lambda stamp: stamp.name.lower())
def test_sink(benchmark: BenchmarkFixture, stamp: Stamp, tmp_path: Path) -> None:
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        for_each,
        setup=lambda: ((fresh_handle(tmp_path, stamp),), {}),
        rounds=ROUNDS,
    )
    note_ns_per_record(benchmark)


def test_a_loop_around_nothing(benchmark: BenchmarkFixture) -> None:
    """What the two cases above hold of the loop itself, and of a call."""
    benchmark(partial(for_each, lambda _: None))
    note_ns_per_record(benchmark)


def test_parse_ids(benchmark: BenchmarkFixture) -> None:
    benchmark(parse_ids, [payload.id_string for payload in payloads()])
    note_ns_per_record(benchmark)


def test_planned_times(benchmark: BenchmarkFixture) -> None:
    schedule = Schedule(start_ns=0, rate_per_s=100_000.0, records=RECORDS)
    benchmark(lambda: [schedule.planned_ns(index) for index in range(RECORDS)])
    note_ns_per_record(benchmark)


def test_account(benchmark: BenchmarkFixture) -> None:
    keys = np.arange(RECORDS, dtype=np.int64)
    log = ledger.Log(keys, np.zeros(RECORDS, np.int64), keys)
    sightings = ledger.Sightings((keys,), 0, {0: RECORDS})
    extent = ledger.Extent({}, {0: RECORDS})
    account = benchmark(lambda: ledger.settle(ledger.Topic.of(log, log), sightings, extent))
    assert (account.unique, account.lost) == (RECORDS, 0)
    note_ns_per_record(benchmark)
