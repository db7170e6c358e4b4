"""Every rung of the ladder on a real broker: all records once, poison counted, stops that fit."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stream.cluster import admin
from stream.consume import process as consumer
from stream.consume.seen import Seen
from stream.registry import VARIANTS
from tests import consumers

pytestmark = pytest.mark.broker

NAMES = [variant.name for variant in VARIANTS]
PARTITIONS = 2
RECORDS = 2000

ONE_MB = 1_000_000
POISON: list[bytes | None] = [
    b"",
    None,
    b"{",
    b"x" * ONE_MB,
    b'{"id_string": "' + b"x" * ONE_MB + b'", "value": 1.0}',
    b'{"id_string": "producer 1", "value": 1.0}',
    b'{"value": 1.0}',
    b"[1.0]",
]
REASONS = {"empty": 2, "bad JSON": 2, "bad id": 2, "missing field": 1, "not an object": 1}

# What a user's shell may hold, and what would stop or slow down Faust, were it to see it.
SHELL = {"BROKER_URL": "kafka://127.0.0.1:1", "STREAM_BUFFER_MAXSIZE": "1", "NO_CYTHON": "1"}

# Sent to itself by a worker, in the middle of what it was handed: see ``interrupting``.
INTERRUPTED_AT = 700
INTERRUPT = f"""
import os, signal
from stream.consume import sink

functions = sink.Sink._functions

def interrupting(self):
    handle, bad = functions(self)
    def handle_and_interrupt(record):
        handle(record)
        if self.seen == {INTERRUPTED_AT}:
            os.kill(os.getpid(), signal.SIGTERM)
    return handle_and_interrupt, bad

sink.Sink._functions = interrupting
"""

# More than is fetched at once, and clients without a pause look up only between two fetches;
# Faust does look up, and is slow.
LONG = 40_000
SHORT = 4_000
SHORT_IS_ENOUGH = {"faust", "faust_tuned", "faust_take"}
ON_UVLOOP = {"faust_uvloop", "faust_tuned", "faust_bulk_uvloop"}


def sequences(path: str) -> list[int]:
    return sorted(Seen.read(Path(path)).sequence.tolist())


@pytest.fixture(scope="module")
def poisoned(broker: Any) -> str:
    """A topic of good records with all the poison in the middle and some at the very end."""
    half = RECORDS // 2
    values = consumers.good(range(half)) + POISON + consumers.good(range(half, RECORDS))
    return consumers.fill(broker.bootstrap, [*values, *POISON], PARTITIONS)


@pytest.fixture(scope="module")
def long_topic(broker: Any) -> str:
    return consumers.fill(broker.bootstrap, consumers.good(range(LONG)), PARTITIONS)


@pytest.fixture(scope="module")
def short_topic(broker: Any) -> str:
    return consumers.fill(broker.bootstrap, consumers.good(range(SHORT)), PARTITIONS)


@pytest.mark.parametrize("variant", NAMES)
def test_every_good_record_is_seen_once_and_every_bad_one_is_counted(
    broker: Any, poisoned: str, variant: str, tmp_path: Path
) -> None:
    target = RECORDS + 2 * len(POISON)
    job = consumers.job(broker.bootstrap, variant, poisoned, tmp_path, target=target)
    report = consumer.start(job, os.environ | SHELL).wait()
    assert report.failure is None
    assert sequences(job.seen_path) == list(range(RECORDS))
    assert report.bad == {reason: 2 * count for reason, count in REASONS.items()}
    assert report.count == report.seen == target
    assert not report.signalled
    committed = admin.committed(broker.bootstrap, job.group, poisoned)
    assert committed == admin.end_offsets(broker.bootstrap, poisoned)
    assert report.started_ns < report.first_ns < report.last_ns  # type: ignore[operator]
    assert report.cpu_s is not None
    assert report.cpu_s > 0
    assert report.versions
    assert report.settings.get("stream_buffer_maxsize") != 1
    assert all(report.compiled.values()), report.compiled
    assert ("uvloop" in report.loop) == (variant in ON_UVLOOP)


@pytest.mark.parametrize("variant", [name for name in NAMES if name not in {"faust_uvloop"}])
def test_a_stop_in_the_middle_loses_nothing_and_repeats_nothing(
    broker: Any, short_topic: str, long_topic: str, variant: str, tmp_path: Path
) -> None:
    topic, size = (short_topic, SHORT) if variant in SHORT_IS_ENOUGH else (long_topic, LONG)
    tmp_path.joinpath("sitecustomize.py").write_text(INTERRUPT)
    first = consumers.job(broker.bootstrap, variant, topic, tmp_path, target=None)
    report = consumer.start(first, os.environ | {"PYTHONPATH": str(tmp_path)}).wait()
    assert report.failure is None
    assert report.signalled
    assert INTERRUPTED_AT <= report.seen < size
    committed = admin.committed(broker.bootstrap, first.group, topic)
    assert sum(committed.values()) == report.seen

    second = consumers.job(
        broker.bootstrap, variant, topic, tmp_path, target=size - report.seen, group=first.group
    )
    assert consumer.start(second).wait().failure is None
    both = np.concatenate([sequences(first.seen_path), sequences(second.seen_path)])
    assert sorted(both.tolist()) == list(range(size))


def test_a_worker_gives_up_at_its_deadline_and_says_how_far_it_came(
    broker: Any, short_topic: str, tmp_path: Path
) -> None:
    job = consumers.job(
        broker.bootstrap, "confluent", short_topic, tmp_path, target=SHORT + 1, deadline_s=6.0
    )
    report = consumer.start(job).wait()
    assert report.failure == f"confluent saw {report.seen} records of {SHORT + 1} in 6 s"
    assert len(sequences(job.seen_path)) == report.seen
    committed = admin.committed(broker.bootstrap, job.group, short_topic)
    assert sum(committed.values()) == report.seen
