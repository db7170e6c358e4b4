"""Faults of real brokers: what is acknowledged is never lost while they die, freeze or refuse.

As in apart/test_faults.py. These come last of the tests on the shared broker. It is killed, starts
again as one that deletes no topic, and ends when its disk is full: a Java takes as much CPU time
to start as all that most files of tests ask of it.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError, UsageError
from stream.broker import start
from stream.cluster import admin, tidy
from stream.cluster.place import Place
from stream.faults import plans
from stream.faults.plans import Act, Action
from stream.faults.run import FaultRun, run
from stream.kafka.running import Broker
from stream.measure import steady
from stream.measure.drain import Shape
from stream.measure.steady import Offer
from tests.broker import disk
from tests.broker.harm import RATE_PER_S, SEED, check_nothing_lost, harm, shortened
from tests.broker.processes import processes_of
from tests.broker.test_broker import RECORDS, produce

# Three nodes on two busy cores take most of a minute to start.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

LEAST_PAUSE_S = 1.0
LEFT_BYTES = 1 << 20
ONE_KB = b"x" * 1000

CRASH = (Action(2.0, Act.KILL_BROKER), Action(2.0, Act.RESTART_BROKER))
FREEZE = (Action(2.0, Act.FREEZE_BROKER), Action(6.0, Act.THAW_BROKER))


def test_a_cluster_that_is_not_ours_is_not_harmed(broker: Broker, tmp_path: Path) -> None:
    place = Place(broker.bootstrap, 1, None, tmp_path, None)
    with pytest.raises(UsageError, match="leave --bootstrap out"):
        run(place, None, plans.get("pause"), "faust", RATE_PER_S, SEED)
    assert place.topics == []


# A broker that starts again answers nothing either, for longer.
@pytest.mark.thorough(
    "test_a_broker_killed_and_started_again_loses_nothing_that_it_acknowledged",
    "broker/test_broker.py::test_a_frozen_broker_answers_nothing_and_goes_on_after_the_thaw",
    "unit/test_faults.py::test_each_fault_does_this_at_these_seconds",
)
def test_a_frozen_broker_loses_nothing_and_is_told_as_a_pause(
    broker: Broker, tmp_path: Path
) -> None:
    went = harm(broker, tmp_path, shortened("pause", FREEZE), "faust")
    check_nothing_lost(went)
    # Of the 4 s: a consumer that had fallen behind goes on for a while with what it has.
    assert went.pause_s > LEAST_PAUSE_S


@dataclass(frozen=True, slots=True)
class Again:
    """The shared broker, which was killed, and started again; ``killed``: its process until then.

    It deletes no topic any more.
    """

    broker: Broker
    killed: int
    went: FaultRun


@pytest.fixture(scope="module")
def again(harmed: Broker, tmp_path_factory: pytest.TempPathFactory) -> Again:
    # Read by the one that starts.
    with (harmed.folder / "node-1.properties").open("a", encoding="ascii") as settings:
        settings.write("delete.topic.enable=false\n")
    killed = harmed.processes[1].pid
    fault = shortened("broker-kill", CRASH)
    return Again(harmed, killed, harm(harmed, tmp_path_factory.mktemp("crash"), fault, "faust"))


def test_a_broker_killed_and_started_again_loses_nothing_that_it_acknowledged(
    again: Again,
) -> None:
    check_nothing_lost(again.went)
    assert again.went.pause_s > LEAST_PAUSE_S
    assert again.broker.processes[1].pid != again.killed


def test_a_cluster_that_deletes_no_topic_is_measured_and_what_stays_is_named(
    again: Again, tmp_path: Path
) -> None:
    offer = Offer(rate_per_s=200.0, warm_s=0.2, window_s=0.5, producers=1, value_seed=1)
    place = Place(again.broker.bootstrap, 1, None, tmp_path, again.broker.cpu_s, "team-")
    went = steady.run(
        place, "confluent", Shape(1, 1, 1), offer, steady.Harm(lambda _: None, 20.0, None)
    )
    assert (went.account.acknowledged, went.account.lost) == (140, 0)
    (topic,) = place.topics
    (left,) = place.tidy()
    assert (left.kind, left.names) == (tidy.TOPIC, (topic,))
    assert left.reason == f"{tidy.NO_DELETION}; emptied"
    assert sum(place.extent(topic).starts.values()) == 140
    assert topic.startswith("team-")


def test_a_broker_whose_disk_fills_up_says_so(again: Again) -> None:
    """Nothing is asked of it afterwards."""
    folder = Path(again.broker.plan.data).parent
    if not folder.is_mount():
        pytest.skip("only root can mount a small file system")
    bootstrap = again.broker.bootstrap
    admin.create_topic(bootstrap, "full", 1)
    disk.leave(folder, LEFT_BYTES)
    with pytest.raises(MeasurementError, match="No space left on device"):  # noqa: PT012
        for _ in range(3000):
            _fill(bootstrap, "full")
            again.broker.check()
            time.sleep(0.01)


def _fill(bootstrap: str, topic: str) -> None:
    from confluent_kafka import Producer

    producer = Producer(
        {"bootstrap.servers": bootstrap, "log_level": 2, "message.timeout.ms": 1000}
    )
    for _ in range(2000):
        producer.produce(topic, ONE_KB)
    producer.flush(2)
    producer.purge()


# Last, so that three more nodes run for nobody else.
@pytest.fixture(scope="module")
def three_nodes(state_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A cluster that tests may harm; the one that leaves a node out comes last."""
    home = tmp_path_factory.mktemp("three")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLOOP_STATE", str(home))
        with start(nodes=3) as running:
            assert sorted(running.processes) == [1, 2, 3]
            assert admin.reach(running.bootstrap).brokers == 3
            yield running
        assert processes_of(home) == []


# Three nodes take as long to start as half of the other tests of brokers take.
@pytest.mark.thorough(
    "test_a_broker_killed_and_started_again_loses_nothing_that_it_acknowledged",
    "broker/test_broker.py::test_a_cluster_is_not_ready_before_all_its_nodes_answer",
    "unit/test_stream_settings.py::test_three_nodes_keep_three_copies_and_two_acknowledge",
)
def test_three_nodes_lose_one_and_no_record(three_nodes: Broker) -> None:
    admin.create_topic(three_nodes.bootstrap, "topic", 3, replication=3)
    assert produce(three_nodes.bootstrap, "topic") == RECORDS
    three_nodes.kill(1)
    assert produce(three_nodes.bootstrap, "topic") == RECORDS
    three_nodes.restart(1)
    assert sum(admin.end_offsets(three_nodes.bootstrap, "topic").values()) == 2 * RECORDS


@pytest.mark.thorough(
    "test_a_broker_killed_and_started_again_loses_nothing_that_it_acknowledged",
    "broker/apart/test_supervisor.py::test_a_killed_node_is_noticed_and_can_be_started_again",
    "unit/test_stream_settings.py::test_three_nodes_keep_three_copies_and_two_acknowledge",
)
def test_one_of_three_brokers_may_die_under_load(three_nodes: Broker, tmp_path: Path) -> None:
    fault = shortened("node-kill", (Action(2.0, Act.KILL_BROKER),))
    went = harm(three_nodes, tmp_path, fault, "faust")
    assert len(three_nodes.processes) == 2
    check_nothing_lost(went)
