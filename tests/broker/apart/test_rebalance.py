"""Members of real groups leave, join and are killed; every record is accounted for."""

from pathlib import Path

import pytest

from stream.cluster.place import Place
from stream.consume.job import GroupProtocol
from stream.faults import rebalance
from stream.faults.rebalance import Event
from stream.kafka.running import Broker
from tests.broker.harm import RATE_PER_S, SEED

# Five consumers and a session's end, on two busy cores.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

LEAST_PAUSE_S = 1.0


@pytest.mark.parametrize(
    ("variant", "protocol"),
    [
        ("confluent", GroupProtocol.CONSUMER),
        pytest.param(
            "faust_bulk",
            GroupProtocol.EAGER,
            # That the lane loses nothing in a rebalance, and that the eager protocol is asked for.
            marks=pytest.mark.thorough(
                "test_members_that_leave_join_and_are_killed_lose_nothing_and_all_flows_again",
                "broker/apart/test_faults.py::test_a_consumer_that_joins_and_leaves_repeats_nothing",
            ),
        ),
    ],
)
def test_members_that_leave_join_and_are_killed_lose_nothing_and_all_flows_again(
    broker: Broker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variant: str,
    protocol: GroupProtocol,
) -> None:
    monkeypatch.setattr(rebalance, "CALM_S", 1.5)
    monkeypatch.setattr(rebalance, "SETTLE_S", 0.5)
    monkeypatch.setattr(rebalance, "RATE_PER_S", RATE_PER_S)
    place = Place(broker.bootstrap, broker.nodes, None, tmp_path, None)
    try:
        went = rebalance.run(place, variant, protocol, 1, SEED, say=lambda _: None)
    finally:
        place.tidy()
    account = went.account
    assert account.sent == account.acknowledged == account.unique > 0
    assert (account.lost, account.unknown) == (0, 0)
    assert sum(cost.repeated for cost in went.costs.values()) == account.duplicated
    assert went.costs[Event.LEAVE].repeated == 0
    # A dead member is missed when its session is over, and not before.
    assert went.costs[Event.KILL].back_s > LEAST_PAUSE_S
    assert all(cost.pause_s > 0 for cost in went.costs.values())
