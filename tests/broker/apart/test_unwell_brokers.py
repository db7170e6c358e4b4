"""Faults of real brokers: what is acknowledged is never lost while they die, freeze or refuse.

As in test_faults.py. Of the tests on the shared broker these come last: a Java that starts again
takes as much CPU time as all that the others ask of it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from stream.broker import start
from stream.cluster import admin
from stream.cluster.place import Place
from stream.faults import plans
from stream.faults.plans import Act, Action
from stream.faults.run import run
from stream.kafka.running import Broker
from tests.broker.harm import RATE_PER_S, SEED, check_nothing_lost, harm, shortened
from tests.broker.processes import processes_of
from tests.broker.test_broker import RECORDS, produce

# Three nodes on two busy cores take most of a minute to start.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

LEAST_PAUSE_S = 1.0

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


def test_a_broker_killed_and_started_again_loses_nothing_that_it_acknowledged(
    broker: Broker, tmp_path: Path
) -> None:
    before = broker.processes[1].pid
    went = harm(broker, tmp_path, shortened("broker-kill", CRASH), "faust")
    check_nothing_lost(went)
    assert went.pause_s > LEAST_PAUSE_S
    assert broker.processes[1].pid != before


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
