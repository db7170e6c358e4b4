"""Faults on a real broker: what is acknowledged is never lost, and what comes twice is counted.

The schedules are those of the command, shortened. Nothing here depends on how fast the machine
is: an action waits for the one before it, the load for all of them, the account for the last
commit. The shared broker may be harmed, as long as it comes back; nobody else uses it meanwhile.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from hotloop.base.outcome import Status
from hotloop.cli import main
from hotloop.faults.result import load
from stream.broker import start
from stream.cluster import admin
from stream.cluster.place import Place
from stream.faults import plans, poison
from stream.faults.plans import Act, Action, Fault
from stream.faults.run import FaultRun, run
from stream.faults.verdict import Verdict
from stream.kafka.running import Broker
from tests.broker.processes import processes_of
from tests.broker.test_broker import RECORDS, produce

# Three nodes on two busy cores take most of a minute to start.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

RATE_PER_S = 200.0
SEED = 1
LEAST_PAUSE_S = 1.0

KILL = (Action(3.0, Act.KILL_WORKER), Action(3.5, Act.START_WORKER))
STOP = (Action(3.0, Act.STOP_WORKER), Action(3.0, Act.START_WORKER))
CRASH = (Action(2.0, Act.KILL_BROKER), Action(2.0, Act.RESTART_BROKER))
FREEZE = (Action(2.0, Act.FREEZE_BROKER), Action(6.0, Act.THAW_BROKER))
JOIN_AND_LEAVE = (
    Action(1.0, Act.START_WORKER),
    Action(1.0, Act.AWAIT_WORKERS),
    Action(3.0, Act.STOP_WORKER),
)
AFTER_S = 2.0


def shortened(name: str, actions: tuple[Action, ...]) -> Fault:
    return replace(plans.get(name), actions=actions, after_s=AFTER_S)


def harm(broker: Broker, folder: Path, fault: Fault, variant: str) -> FaultRun:
    """One run in a place of its own."""
    place = Place(broker.bootstrap, broker.nodes, None, folder, None)
    try:
        return run(place, broker, fault, variant, RATE_PER_S, SEED)
    finally:
        place.tidy()


def check_nothing_lost(went: FaultRun) -> None:
    """Everything was carried out under load, and every record that was sent is accounted for."""
    account = went.account
    assert [act for act, _, _ in went.done] == [one.act.value for one in went.fault.actions]
    assert went.verdict == Verdict()
    assert went.load_s > went.fault.actions[-1].at_s
    assert account.sent == account.acknowledged == account.unique > 0
    assert (account.lost, account.unknown) == (0, 0)
    assert account.committed == account.end


@pytest.fixture(scope="module")
def rebalanced(
    broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], FaultRun]:
    """Two consumers of a variant in one group, the second of which joins and leaves."""
    fault = shortened("rebalance", JOIN_AND_LEAVE)
    folder = tmp_path_factory.mktemp("rebalanced")
    return cache(lambda variant: harm(broker, folder, fault, variant))


@pytest.mark.parametrize("variant", ["faust", "faust_event", "faust_bulk", "confluent"])
def test_a_consumer_killed_and_started_again_loses_nothing_and_repeats_the_uncommitted(
    broker: Broker, tmp_path: Path, variant: str
) -> None:
    went = harm(broker, tmp_path, shortened("agent-kill", KILL), variant)
    check_nothing_lost(went)
    assert went.account.duplicated == went.repeated.records > 0
    assert "came again" in went.explanation


def test_a_consumer_stopped_and_started_again_loses_nothing_and_repeats_nothing(
    broker: Broker, tmp_path: Path
) -> None:
    went = harm(broker, tmp_path, shortened("agent-term", STOP), "faust")
    check_nothing_lost(went)
    assert went.account.duplicated == 0
    assert went.explanation == "nothing was seen twice"


@pytest.mark.parametrize("variant", ["faust", "faust_event", "faust_bulk", "aiokafka"])
def test_a_consumer_that_joins_and_leaves_costs_no_record(
    rebalanced: Callable[[str], FaultRun], variant: str
) -> None:
    check_nothing_lost(rebalanced(variant))


@pytest.mark.parametrize(
    "variant",
    [
        "aiokafka",
        "faust_event",
        "faust_bulk",
        pytest.param(
            "faust",
            marks=pytest.mark.xfail(
                strict=True,
                reason="faust-streaming 0.15.3 forgets what was processed before it commits for "
                "the last time before a rebalance (docs/faults.md)",
            ),
        ),
    ],
)
def test_a_consumer_that_joins_and_leaves_repeats_nothing(
    rebalanced: Callable[[str], FaultRun], variant: str
) -> None:
    assert rebalanced(variant).account.duplicated == 0


def test_a_broker_killed_and_started_again_loses_nothing_that_it_acknowledged(
    broker: Broker, tmp_path: Path
) -> None:
    before = broker.processes[1].pid
    went = harm(broker, tmp_path, shortened("broker-kill", CRASH), "faust")
    check_nothing_lost(went)
    assert broker.processes[1].pid != before


def test_a_frozen_broker_loses_nothing_and_is_told_as_a_pause(
    broker: Broker, tmp_path: Path
) -> None:
    went = harm(broker, tmp_path, shortened("pause", FREEZE), "faust")
    check_nothing_lost(went)
    # Of the 4 s: a consumer that had fallen behind goes on for a while with what it has.
    assert went.pause_s > LEAST_PAUSE_S


@pytest.fixture(scope="module")
def three_nodes(state_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A cluster that tests may harm; the one that leaves a node out comes last."""
    home = tmp_path_factory.mktemp("three")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLOOP_STATE", str(home))
        with start(nodes=3) as running:
            yield running
        assert processes_of(home) == []


def test_three_nodes_lose_one_and_no_record(three_nodes: Broker) -> None:
    assert sorted(three_nodes.processes) == [1, 2, 3]
    assert admin.reach(three_nodes.bootstrap).brokers == 3
    admin.create_topic(three_nodes.bootstrap, "topic", 3, replication=3)
    assert produce(three_nodes.bootstrap, "topic") == RECORDS
    three_nodes.kill(1)
    assert produce(three_nodes.bootstrap, "topic") == RECORDS
    three_nodes.restart(1)
    assert sum(admin.end_offsets(three_nodes.bootstrap, "topic").values()) == 2 * RECORDS


def test_one_of_three_brokers_may_die_under_load(three_nodes: Broker, tmp_path: Path) -> None:
    fault = shortened("node-kill", (Action(2.0, Act.KILL_BROKER),))
    went = harm(three_nodes, tmp_path, fault, "faust")
    assert len(three_nodes.processes) == 2
    check_nothing_lost(went)


def test_poison_neither_stops_the_run_nor_vanishes_from_the_account(
    broker: Broker, tmp_path: Path
) -> None:
    """By the command, on a cluster that it did not start."""
    out, err, path = io.StringIO(), io.StringIO(), tmp_path / "poison.json"
    words = f"fault poison faust --rate 500 --bootstrap {broker.bootstrap} --json {path}"
    assert main(words.split(), out, err) == 0
    (report,) = load(path).faults
    fault = plans.get("poison")
    sent = sum(one.act is Act.SEND_POISON for one in fault.actions)
    assert report.status is Status.OK
    assert report.account is not None
    assert report.account.bad == sent * fault.partitions * len(poison.VALUES)
    assert report.account.unique == report.account.acknowledged == report.account.sent > 0
    assert (report.account.lost, report.account.duplicated) == (0, 0)
    assert "poison" in out.getvalue()
    assert "poison sent" in err.getvalue()


def test_a_cluster_that_is_not_ours_is_not_harmed(broker: Broker, tmp_path: Path) -> None:
    place = Place(broker.bootstrap, 1, None, tmp_path, None)
    with pytest.raises(UsageError, match="leave --bootstrap out"):
        run(place, None, plans.get("pause"), "faust", RATE_PER_S, SEED)
    assert place.topics == []
