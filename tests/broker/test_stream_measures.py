"""Filling, draining, loading and reading back, on a real broker, each with its exact account."""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from hotloop.base.errors import MeasurementError
from hotloop.cli import main
from stream.account import reader
from stream.account.figures import Account
from stream.account.ledger import UNREADABLE
from stream.cluster.place import Place
from stream.consume.job import ConsumerReport
from stream.consume.process import Consumer
from stream.kafka.running import Broker
from stream.measure import drain, limit, steady, sustain
from stream.measure.drain import Filled, Shape
from stream.measure.limit import FetchJob
from stream.measure.meter import Meter
from stream.measure.search import LimitedBy
from stream.measure.steady import Offer, Steady
from tests.consumers import RECORDS, good, send
from tests.surroundings import SHELL, hotloop, set_trap, was_run

# A command of several processes, on two busy cores.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

# A look takes the broker as long as it takes a worker to handle a hundred records.
LOOK_S = 0.4

# More than is read slowly until all are there.
MANY = 40_000


def clean(records: int) -> Account:
    """The account of a run that saw so many records and nothing else happened."""
    return Account(records, records, records, 0, 0, 0, 0, 0, records, records)


def test_a_whole_topic_from_two_producers_is_drained_to_an_exact_account(place: Place) -> None:
    shape = Shape(topics=1, partitions=2, workers=1)
    filled = drain.fill(place, shape, RECORDS, producers=2, value_seed=1)
    assert filled.records == RECORDS
    with Meter(place.broker_cpu_s or (lambda: 0.0)) as meter:
        drained = drain.drain(place, filled, "confluent", shape, None, meter)
    assert drained.account == clean(RECORDS)
    assert drained.records == RECORDS - 1
    assert drained.records_per_s > 0
    assert drained.join_s > 0
    assert drained.cpu_s_per_million is not None
    assert drained.broker_cpu_s_per_million is not None


@pytest.fixture(scope="module")
def held(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """A topic of one partition that holds RECORDS records, for those that only read it."""
    place = Place(broker.bootstrap, 1, None, tmp_path_factory.mktemp("held"), None)
    yield drain.fill(place, Shape(1, 1, 1), RECORDS, producers=1, value_seed=1)
    place.tidy()


def test_a_stretch_ends_by_time_and_its_account_covers_what_was_read(
    place: Place, held: Filled
) -> None:
    drained = drain.drain(place, held, "faust", Shape(1, 1, 1), 0.3, None)
    account = drained.account
    assert 0 < drained.records < RECORDS
    assert account == clean(account.unique)
    assert drained.records <= account.unique <= RECORDS


@pytest.fixture
def until_all_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that started together read until each has committed, not for a stretch of time.

    However little of a machine one of them is given, it has read something by then.
    """

    def committed() -> dict[tuple[str, int], int]:
        pairs = zip(place.groups, place.topics, strict=True)
        return {
            (topic, partition): end
            for group, topic in pairs
            for partition, end in place.committed(group, topic).items()
        }

    def wait(_: float) -> None:
        before = committed()
        while sum(before.get(one) != end for one, end in committed().items()) < 2:
            time.sleep(LOOK_S)

    monkeypatch.setattr(drain, "time", SimpleNamespace(sleep=wait))


@pytest.mark.usefixtures("until_all_read", "slowly")
def test_two_workers_share_the_partitions_and_lose_nothing(place: Place) -> None:
    shape = Shape(topics=1, partitions=2, workers=2)
    filled = drain.fill(place, shape, MANY, producers=1, value_seed=1)
    # The first worker reads alone until a heartbeat tells it of the second.
    drained = drain.drain(place, filled, "confluent", shape, 0.5, None)
    account = drained.account
    assert (account.lost, account.unknown) == (0, 0)
    assert 0 < drained.records <= account.unique


@pytest.mark.usefixtures("until_all_read", "slowly")
def test_two_topics_are_each_read_by_a_group_of_their_own(place: Place) -> None:
    shape = Shape(topics=2, partitions=1, workers=1)
    filled = drain.fill(place, shape, MANY, producers=2, value_seed=1)
    assert [len(topic.log.keys) for topic in filled.held] == [MANY // 2, MANY // 2]
    account = drain.drain(place, filled, "confluent", shape, 0.5, None).account
    assert (account.lost, account.unknown, account.duplicated) == (0, 0, 0)


def test_a_variant_that_cannot_start_costs_a_sentence(place: Place, held: Filled) -> None:
    with pytest.raises(MeasurementError, match="faust_nonsense"):
        drain.drain(place, held, "faust_nonsense", Shape(1, 1, 1), 0.3, None)


def test_the_reader_tells_readable_from_unreadable_records(place: Place) -> None:
    topic = place.new_topic(1)
    values = [*good(range(3)), b"{", b"", b'{"id_string": "01-0000000003-0000000000000000000"}']
    send(place.settings, topic, values)
    log = reader.read(place.settings, topic, place.end_offsets(topic))
    assert log.keys.tolist() == [10**10, 10**10 + 1, 10**10 + 2, *[UNREADABLE] * 3]
    assert log.offsets.tolist() == list(range(6))


def test_the_raw_fetch_gives_a_rate(place: Place, held: Filled) -> None:
    job = FetchJob(place.bootstrap, {}, held.names[0], place.name, 1, RECORDS, 2.0)
    fetched = limit.fetch(job)
    assert 0 < fetched.records < RECORDS
    assert fetched.records_per_s > 0


# As below, but that two processes send.
@pytest.mark.thorough(
    "unit/test_stream_parts.py::test_shares_add_up_differ_by_one_at_most_and_leave_nobody_with_none",
    "test_latency_counts_every_record_of_its_window_which_is_seen_once",
    "test_a_whole_topic_from_two_producers_is_drained_to_an_exact_account",
)
def test_a_low_steady_load_is_sustained_with_every_record_seen_once(place: Place) -> None:
    offer = Offer(rate_per_s=500.0, warm_s=0.5, window_s=1.5, producers=2, value_seed=1)
    run = steady.run(
        place, "confluent", Shape(1, 1, 1), offer, steady.Harm(lambda _: None, 20.0, None)
    )
    assert run.account == clean(1_000)
    assert run.handled == 1_000
    probe = sustain.as_probe(run)
    assert (probe.sent, probe.handled) == (1_000, 1_000)
    assert probe.limited_by in set(LimitedBy)
    assert (run.received_ns >= run.planned_ns).all()


@pytest.fixture
def steadily(monkeypatch: pytest.MonkeyPatch) -> list[Steady]:
    """The runs under a steady load that a measure makes."""
    run, runs = steady.run, []

    def noted(*arguments: Any) -> Steady:
        runs.append(run(*arguments))
        return runs[-1]

    monkeypatch.setattr(steady, "run", noted)
    return runs


def test_latency_counts_every_record_of_its_window_which_is_seen_once(
    place: Place, steadily: list[Steady], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sustain, "WARM_S", 0.5)
    monkeypatch.setattr(sustain, "LATENCY_WINDOW_S", 1.5)
    load = sustain.Load(Shape(1, 1, 1), producers=1, value_seed=1)
    at = sustain.latency_at(place, "aiokafka", load, 200.0)
    assert at.latency.records == 300
    assert at.latency.late == 0
    assert 0 < at.latency.p50_seconds <= at.latency.p99_seconds <= at.latency.max_seconds
    (run,) = steadily
    assert at.account == run.account == clean(400)
    assert run.handled == 400
    probe = sustain.as_probe(run)
    assert (probe.sent, probe.handled) == (400, 400)
    assert probe.limited_by in set(LimitedBy)
    assert (run.received_ns >= run.planned_ns).all()


def on_cluster(broker: Broker) -> tuple[set[str], set[str]]:
    """Topics and consumer groups."""
    client = AdminClient({"bootstrap.servers": broker.bootstrap})
    groups = client.list_consumer_groups(request_timeout=60).result().valid
    return set(client.list_topics(timeout=60).topics), {group.group_id for group in groups}


def came_since(before: tuple[set[str], set[str]], broker: Broker) -> set[str]:
    """What is new; the broker may meanwhile have forgotten a group of an earlier test."""
    return set.union(*(now - then for now, then in zip(on_cluster(broker), before, strict=True)))


def test_the_command_on_a_running_cluster_leaves_a_result_and_nothing_else(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in SHELL.items():
        monkeypatch.setenv(name, value)
    before = on_cluster(broker)
    stored, out, err = tmp_path / "r.json", io.StringIO(), io.StringIO()
    words = f"stream confluent --records 3000 --runs 2 --seed 1 --prefix team.x_ --json {stored}"
    assert main([*words.split(), "--bootstrap", broker.bootstrap], out, err) == 0
    left = came_since(before, broker)
    result = json.loads(stored.read_text(encoding="utf-8"))
    (variant,) = result["variants"]
    assert result["schema"] == "hotloop.stream/1"
    assert result["broker"]["bootstrap"] == broker.bootstrap
    assert result["problem"]["records"] == 3_000
    # Kafka's own tool would write decimal commas.
    assert result["limit"]["perf_test_records_per_second"] > 0
    runs = len(variant["drain"]["records_per_second"]["samples"])
    assert runs >= 2
    assert variant["account"]["unique"] == 3_000 * runs
    assert variant["account"]["lost"] == 0
    assert "about" in err.getvalue()
    assert "confluent" in out.getvalue()
    assert "whose names begin with team.x_" in err.getvalue()
    assert "left behind" not in out.getvalue()
    assert left == set()


# What processes of a stream look into is decided in one place.
@pytest.mark.thorough(
    "test_the_command_on_a_running_cluster_leaves_a_result_and_nothing_else",
    "processes/test_stream_worker.py::test_a_worker_imports_nothing_from_the_folder_in_which_it_runs",
    "processes/test_surroundings.py::test_files_of_the_current_folder_are_not_run_by_a_process_set",
    "unit/test_stream_environment.py::test_a_process_of_ours_does_not_look_into_the_current_folder_first",
)
def test_neither_the_folder_nor_the_language_changes_a_stream(
    broker: Broker, tmp_path: Path
) -> None:
    set_trap(tmp_path)
    words = "stream confluent --records 3000 --runs 2 --seed 1 --prefix team.x_ --json r.json"
    done = hotloop(tmp_path, *words.split(), "--bootstrap", broker.bootstrap)
    assert done.returncode == 0, done.stderr
    assert was_run(tmp_path) == []
    # Kafka's own tool would write decimal commas.
    limit = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["limit"]
    assert limit["perf_test_records_per_second"] > 0


def test_an_interrupted_run_keeps_what_it_measured_and_leaves_nothing_behind(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = on_cluster(broker)
    wait, waited_for = Consumer.wait, []

    def interrupted_at_the_second(worker: Consumer) -> ConsumerReport:
        waited_for.append(worker)
        if len(waited_for) == 2:
            # It runs: the interruption has to end it, and its group.
            assert worker.process.poll() is None
            raise KeyboardInterrupt
        return wait(worker)

    monkeypatch.setattr(Consumer, "wait", interrupted_at_the_second)
    stored, out, err = tmp_path / "r.json", io.StringIO(), io.StringIO()
    words = f"stream confluent --records 5000 --seed 1 --quiet --bootstrap {broker.bootstrap}"
    assert main([*words.split(), "--json", str(stored)], out, err) == 130
    (variant,) = json.loads(stored.read_text(encoding="utf-8"))["variants"]
    assert (variant["status"], variant["drain"]["records"]) == ("failed", 4_999)
    assert "interrupted before it was measured whole" in out.getvalue()
    assert came_since(before, broker) == set()


def test_a_cluster_that_does_not_answer_is_one_sentence_and_code_4() -> None:
    out, err = io.StringIO(), io.StringIO()
    assert main(["stream", "faust", "--quiet", "--bootstrap", "127.0.0.1:9"], out, err) == 4
    assert out.getvalue() == ""
    assert err.getvalue().startswith("hotloop: cannot reach 127.0.0.1:9")
    assert err.getvalue().count("\n") == 1
