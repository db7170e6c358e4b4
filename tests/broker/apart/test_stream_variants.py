"""Every rung of the ladder on a real broker: all records once, poison counted, stops that fit."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import pytest

from stream.cluster import admin
from stream.consume import process as consumer
from stream.consume.seen import Seen
from stream.kafka.running import Broker
from stream.registry import VARIANTS
from tests import consumers
from tests.broker.side_by_side import begun, chosen

pytestmark = pytest.mark.broker

# Those that differ from another one in settings only, or in the event loop.
AGAIN = {"faust_uvloop", "faust_tuned", "faust_bulk", "confluent_tuned"}
NAMES = [
    pytest.param(
        variant.name,
        marks=pytest.mark.thorough(
            "test_a_stop_in_the_middle_loses_and_repeats_nothing_and_each_bad_record_is_counted"
        )
        if variant.name in AGAIN
        else (),
    )
    for variant in VARIANTS
]
PARTITIONS = 2

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
# Of all that is in a topic.
REASONS = {"empty": 4, "bad JSON": 4, "bad id": 4, "missing field": 2, "not an object": 2}

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

# A fetch brings a megabyte of each partition: it ends before the largest of POISON, half-way, and
# clients without a pause look up only then. Others do look up, and are slow.
LONG = 12_000
SHORT = 4_000
SHORT_IS_ENOUGH = {
    "faust",
    "faust_event",
    "faust_tuned",
    "faust_take",
    "faust_uvloop",
    "quix",
    "faststream",
}
ON_UVLOOP = {"faust_uvloop", "faust_tuned", "faust_bulk_uvloop"}


def sequences(path: str) -> list[int]:
    return sorted(Seen.read(Path(path)).sequence.tolist())


@pytest.fixture(scope="module")
def long_topic(broker: Broker) -> str:
    return poisoned(broker, LONG)


@pytest.fixture(scope="module")
def short_topic(broker: Broker) -> str:
    return poisoned(broker, SHORT)


def poisoned(broker: Broker, good: int) -> str:
    """A topic of good records with all the poison in the middle and some at the very end."""
    half = good // 2
    values = consumers.good(range(half)) + POISON + consumers.good(range(half, good))
    return consumers.fill(broker.bootstrap, [*values, *POISON], PARTITIONS)


@pytest.fixture(scope="module")
def interrupting(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Variables of a worker that interrupts itself."""
    folder = tmp_path_factory.mktemp("interrupting")
    folder.joinpath("sitecustomize.py").write_text(INTERRUPT)
    return os.environ | {"PYTHONPATH": str(folder)}


@pytest.fixture(scope="module")
def stops(
    request: pytest.FixtureRequest,
    broker: Broker,
    short_topic: str,
    long_topic: str,
    interrupting: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Mapping[str, "Future[None]"]]:
    """``stop_in_the_middle`` of every variant that is tested."""
    folder = tmp_path_factory.mktemp("stops")

    def run(variant: str) -> None:
        topic = short_topic if variant in SHORT_IS_ENOUGH else long_topic
        stop_in_the_middle(broker, topic, variant, interrupting, folder)

    with begun({one: partial(run, one) for one in chosen(request, "variant")}) as runs:
        yield runs


def stop_in_the_middle(
    broker: Broker, topic: str, variant: str, interrupting: Mapping[str, str], folder: Path
) -> None:
    good = SHORT if variant in SHORT_IS_ENOUGH else LONG
    size = good + 2 * len(POISON)
    first = consumers.job(broker.bootstrap, variant, topic, folder, target=None)
    stopped = consumer.start(first, interrupting).wait()
    assert stopped.failure is None
    assert stopped.signalled
    assert INTERRUPTED_AT <= stopped.seen < size
    committed = admin.committed(broker.bootstrap, first.group, topic)
    assert sum(committed.values()) == stopped.seen

    rest = size - stopped.seen
    second = consumers.job(broker.bootstrap, variant, topic, folder, target=rest, group=first.group)
    report = consumer.start(second, os.environ | SHELL).wait()
    assert report.failure is None
    assert report.count == report.seen == rest
    assert not report.signalled
    assert sorted(sequences(first.seen_path) + sequences(second.seen_path)) == list(range(good))
    assert Counter(stopped.bad) + Counter(report.bad) == REASONS
    assert admin.committed(broker.bootstrap, second.group, topic) == admin.end_offsets(
        broker.bootstrap, topic
    )
    assert report.started_ns < report.first_ns < report.last_ns  # type: ignore[operator]
    assert report.cpu_s is not None
    assert report.cpu_s > 0
    assert report.versions
    assert report.settings.get("stream_buffer_maxsize") != 1
    assert all(report.compiled.values()), report.compiled
    assert ("uvloop" in report.loop) == (variant in ON_UVLOOP)


@pytest.mark.usefixtures("stops")
def test_a_worker_gives_up_at_its_deadline_and_says_how_far_it_came(
    broker: Broker, short_topic: str, tmp_path: Path
) -> None:
    target = SHORT + 2 * len(POISON) + 1
    job = consumers.job(
        broker.bootstrap, "confluent", short_topic, tmp_path, target=target, deadline_s=6.0
    )
    report = consumer.start(job).wait()
    assert report.failure == f"confluent saw {report.seen} records of {target} in 6 s"
    assert len(sequences(job.seen_path)) + sum(report.bad.values()) == report.seen
    committed = admin.committed(broker.bootstrap, job.group, short_topic)
    assert sum(committed.values()) == report.seen


@pytest.mark.parametrize("variant", NAMES)
def test_a_stop_in_the_middle_loses_and_repeats_nothing_and_each_bad_record_is_counted(
    stops: Mapping[str, "Future[None]"], variant: str
) -> None:
    stops[variant].result()
