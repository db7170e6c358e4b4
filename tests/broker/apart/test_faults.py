"""Faults of consumers: what is acknowledged is never lost, and what comes twice is counted.

The schedules are those of the command, shortened. Nothing here depends on how fast the machine
is: an action waits for the one before it, the load for all of them, the account for the last
commit. The shared broker may be harmed, as long as it comes back; nobody else uses it meanwhile.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from stream.faults.plans import Act, Action
from stream.faults.run import FaultRun
from stream.kafka.running import Broker
from tests.broker.harm import TRIES, check_nothing_lost, harm, shortened

# A consumer on two busy cores takes its time to start.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

KILL = (Action(3.0, Act.KILL_WORKER), Action(3.5, Act.START_WORKER))
STOP = (Action(3.0, Act.STOP_WORKER), Action(3.0, Act.START_WORKER))

# Faust commits every 2.8 s. Before the first commit, faust-streaming 0.15.3 may lose records at a
# rebalance (docs/faults.md): tests/broker/test_fastlane.py shows that, every time.
JOIN_S = {"faust": 6.0}


def join_and_leave(at_s: float) -> tuple[Action, ...]:
    return (
        Action(at_s, Act.START_WORKER),
        Action(at_s, Act.AWAIT_WORKERS),
        Action(at_s + 2.0, Act.STOP_WORKER),
    )


@pytest.fixture(scope="module")
def rebalanced(
    broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], FaultRun]:
    """Two consumers of a variant in one group, the second of which joins and leaves."""
    folder = tmp_path_factory.mktemp("rebalanced")

    @cache
    def run(variant: str) -> FaultRun:
        fault = shortened("rebalance", join_and_leave(JOIN_S.get(variant, 1.0)))
        return harm(broker, folder, fault, variant)

    return run


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
                    "broker/apart/test_rebalance.py::test_members_that_leave_join_and_are_killed_lose_nothing_and_all_flows_again",
                ),
            )
            for variant in ("faust", "faust_event", "confluent")
        ),
    ],
)
def test_a_consumer_killed_and_started_again_loses_nothing_and_repeats_the_uncommitted(
    broker: Broker, tmp_path: Path, variant: str
) -> None:
    # A kill at once after a commit leaves nothing to repeat: no three kills in a row come so.
    for _ in range(TRIES):
        went = harm(broker, tmp_path, shortened("agent-kill", KILL), variant)
        check_nothing_lost(went)
        if went.repeated.records:
            break
    assert went.account.duplicated == went.repeated.records > 0
    assert "came again" in went.explanation


def test_a_consumer_stopped_and_started_again_loses_nothing_and_repeats_nothing(
    broker: Broker, tmp_path: Path
) -> None:
    went = harm(broker, tmp_path, shortened("agent-term", STOP), "faust")
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
    rebalanced: Callable[[str], FaultRun], variant: str
) -> None:
    check_nothing_lost(rebalanced(variant))


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
    rebalanced: Callable[[str], FaultRun], variant: str
) -> None:
    assert rebalanced(variant).account.duplicated == 0
