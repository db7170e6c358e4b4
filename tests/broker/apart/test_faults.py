"""Faults of consumers: what is acknowledged is never lost, and what comes twice is counted.

Members of groups also leave, join and are killed one after the other, as for the ladder.

The schedules are those of the command, shortened. Nothing here depends on how fast the machine
is: an action waits for the one before it, the load for all of them, the account for the last
commit. So they are carried out side by side; nobody harms the shared broker meanwhile.
"""

import io
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import pytest

from hotloop.base.outcome import Status
from hotloop.cli import main
from hotloop.faults.result import load
from stream.cluster.place import Place
from stream.consume.job import GroupProtocol
from stream.faults import plans, poison, rebalance
from stream.faults.plans import Act, Action
from stream.faults.rebalance import Event, Rebalanced
from stream.faults.run import FaultRun
from stream.kafka.running import Broker
from tests.broker.harm import RATE_PER_S, SEED, TRIES, check_nothing_lost, harm, shortened
from tests.broker.side_by_side import begun, chosen

# A consumer on two busy cores takes its time to start.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

KILL = (Action(3.0, Act.KILL_WORKER), Action(3.5, Act.START_WORKER))
STOP = (Action(3.0, Act.STOP_WORKER), Action(3.0, Act.START_WORKER))

# Faust commits every 2.8 s. Before the first commit, faust-streaming 0.15.3 may lose records at a
# rebalance (docs/faults.md): tests/broker/test_fastlane.py shows that, every time.
JOIN_S = {"faust": 6.0}

# In what protocol members of a variant's group leave, join and are killed.
PROTOCOLS = {"confluent": GroupProtocol.CONSUMER, "faust_bulk": GroupProtocol.EAGER}
RATE_OF_GROUPS_PER_S = 50.0
LEAST_PAUSE_S = 1.0


def killed(broker: Broker, folder: Path, variant: str) -> FaultRun:
    # A kill at once after a commit leaves nothing to repeat: no three kills in a row come so.
    for _ in range(TRIES):
        went = harm(broker, folder, shortened("agent-kill", KILL), variant)
        check_nothing_lost(went)
        if went.repeated.records:
            break
    return went


def stopped(broker: Broker, folder: Path, variant: str) -> FaultRun:
    return harm(broker, folder, shortened("agent-term", STOP), variant)


def rebalanced(broker: Broker, folder: Path, variant: str) -> FaultRun:
    """Two consumers in one group, the second of which joins and leaves."""
    at_s = JOIN_S.get(variant, 1.0)
    actions = (
        Action(at_s, Act.START_WORKER),
        Action(at_s, Act.AWAIT_WORKERS),
        Action(at_s + 2.0, Act.STOP_WORKER),
    )
    return harm(broker, folder, shortened("rebalance", actions), variant)


def shaken(broker: Broker, folder: Path, variant: str) -> Rebalanced:
    """A group of which one member leaves, one joins and one is killed."""
    place = Place(broker.bootstrap, broker.nodes, None, folder, None)
    try:
        return rebalance.run(place, variant, PROTOCOLS[variant], 1, SEED, say=lambda _: None)
    finally:
        place.tidy()


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, "Future[FaultRun]"]]:
    """Each fault of each variant that is tested."""
    folder = tmp_path_factory.mktemp("faults")
    tests = {
        killed: (
            test_a_consumer_killed_and_started_again_loses_nothing_and_repeats_the_uncommitted,
        ),
        stopped: (test_a_consumer_stopped_and_started_again_loses_nothing_and_repeats_nothing,),
        rebalanced: (
            test_a_consumer_that_joins_and_leaves_costs_no_record,
            test_a_consumer_that_joins_and_leaves_repeats_nothing,
        ),
    }
    wanted = {
        f"{run.__name__} {variant}": partial(run, broker, folder, variant)
        for run, takers in tests.items()
        for variant in chosen(request, "variant", *(test.__name__ for test in takers))
    }
    with begun(wanted) as running:
        yield running


@pytest.fixture(scope="module")
def groups(
    request: pytest.FixtureRequest, broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, "Future[Rebalanced]"]]:
    """What ``shaken`` tells of each variant that is tested."""
    folder = tmp_path_factory.mktemp("groups")
    test = test_members_that_leave_join_and_are_killed_lose_nothing_and_all_flows_again.__name__
    variants = chosen(request, "variant", test)
    with pytest.MonkeyPatch.context() as patch:
        # Shorter, with fewer records, but enough of each partition for a busy machine to hold back.
        patch.setattr(rebalance, "SETTLE_S", 1.0)
        patch.setattr(rebalance, "RATE_PER_S", RATE_OF_GROUPS_PER_S)
        with begun({one: partial(shaken, broker, folder, one) for one in variants}) as running:
            yield running


# First, while the runs of the others go on.
@pytest.mark.usefixtures("runs", "groups")
def test_poison_neither_stops_the_run_nor_vanishes_from_the_account(
    broker: Broker, tmp_path: Path
) -> None:
    """By the command, on a cluster that it did not start."""
    out, err, path = io.StringIO(), io.StringIO(), tmp_path / "poison.json"
    words = f"fault poison faust --rate {RATE_PER_S:g} --bootstrap {broker.bootstrap} --json {path}"
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


@pytest.mark.parametrize(
    "variant",
    [
        "faust_bulk",
        *(
            pytest.param(
                variant,
                # The same for whichever client; a member that is killed is one of confluent's.
                marks=pytest.mark.thorough(
                    "test_a_consumer_killed_and_started_again_loses_nothing_and_repeats_the_uncommitted",
                    "test_members_that_leave_join_and_are_killed_lose_nothing_and_all_flows_again",
                ),
            )
            for variant in ("faust", "faust_event", "confluent")
        ),
    ],
)
def test_a_consumer_killed_and_started_again_loses_nothing_and_repeats_the_uncommitted(
    runs: Mapping[str, "Future[FaultRun]"], variant: str
) -> None:
    went = runs[f"killed {variant}"].result()
    assert went.account.duplicated == went.repeated.records > 0
    assert "came again" in went.explanation


# A member that joins is stopped too, and a worker that is stopped in the middle has a successor.
@pytest.mark.thorough(
    "test_a_consumer_that_joins_and_leaves_costs_no_record",
    "test_a_consumer_that_joins_and_leaves_repeats_nothing",
    "broker/apart/test_stream_variants.py::test_a_stop_in_the_middle_loses_and_repeats_nothing_and_each_bad_record_is_counted",
)
@pytest.mark.parametrize("variant", ["faust"])
def test_a_consumer_stopped_and_started_again_loses_nothing_and_repeats_nothing(
    runs: Mapping[str, "Future[FaultRun]"], variant: str
) -> None:
    went = runs[f"stopped {variant}"].result()
    check_nothing_lost(went)
    assert went.account.duplicated == 0
    assert went.explanation == "nothing was seen twice"


@pytest.mark.parametrize(
    "variant",
    [
        "faust_bulk",
        *(
            pytest.param(
                variant,
                marks=pytest.mark.thorough("test_a_consumer_that_joins_and_leaves_costs_no_record"),
            )
            for variant in ("faust", "faust_event", "aiokafka")
        ),
    ],
)
def test_a_consumer_that_joins_and_leaves_costs_no_record(
    runs: Mapping[str, "Future[FaultRun]"], variant: str
) -> None:
    check_nothing_lost(runs[f"rebalanced {variant}"].result())


@pytest.mark.parametrize(
    "variant",
    [
        "faust_bulk",
        *(
            pytest.param(
                variant,
                marks=pytest.mark.thorough("test_a_consumer_that_joins_and_leaves_repeats_nothing"),
            )
            for variant in ("faust_event", "aiokafka")
        ),
        pytest.param(
            "faust",
            marks=[
                pytest.mark.thorough("test_a_consumer_that_joins_and_leaves_repeats_nothing"),
                pytest.mark.xfail(
                    strict=True,
                    reason="faust-streaming 0.15.3 forgets what was processed before it commits "
                    "for the last time before a rebalance (docs/faults.md)",
                ),
            ],
        ),
    ],
)
def test_a_consumer_that_joins_and_leaves_repeats_nothing(
    runs: Mapping[str, "Future[FaultRun]"], variant: str
) -> None:
    assert runs[f"rebalanced {variant}"].result().account.duplicated == 0


@pytest.mark.parametrize(
    "variant",
    [
        "confluent",
        pytest.param(
            "faust_bulk",
            # That the lane loses nothing in a rebalance, and that the eager protocol is asked for.
            marks=pytest.mark.thorough(
                "test_members_that_leave_join_and_are_killed_lose_nothing_and_all_flows_again",
                "test_a_consumer_that_joins_and_leaves_repeats_nothing",
            ),
        ),
    ],
)
def test_members_that_leave_join_and_are_killed_lose_nothing_and_all_flows_again(
    groups: Mapping[str, "Future[Rebalanced]"], variant: str
) -> None:
    went = groups[variant].result()
    account = went.account
    assert account.sent == account.acknowledged == account.unique > 0
    assert (account.lost, account.unknown) == (0, 0)
    assert sum(cost.repeated for cost in went.costs.values()) == account.duplicated
    assert went.costs[Event.LEAVE].repeated == 0
    # A dead member is missed when its session is over, and not before.
    assert went.costs[Event.KILL].back_s > LEAST_PAUSE_S
    assert all(cost.pause_s > 0 for cost in went.costs.values())
