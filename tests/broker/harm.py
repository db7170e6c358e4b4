"""Faults on a broker: schedules shortened, runs in a place of their own, accounts checked."""

import tempfile
from dataclasses import replace
from pathlib import Path

from stream.cluster.place import Place
from stream.faults import plans
from stream.faults.plans import Action, Fault
from stream.faults.run import FaultRun, run
from stream.faults.verdict import Verdict
from stream.kafka.running import Broker

# Each record is a request of the load, and one or two of the consumer.
RATE_PER_S = 20.0
SEED = 1
# On a busy machine a fault may come before a consumer has seen anything.
TRIES = 3
AFTER_S = 2.0


def shortened(name: str, actions: tuple[Action, ...]) -> Fault:
    return replace(plans.get(name), actions=actions, after_s=AFTER_S)


def harm(broker: Broker, folder: Path, fault: Fault, variant: str) -> FaultRun:
    """A run in a place of its own; again if it says that it has tested nothing."""
    for _ in range(TRIES):
        own = Path(tempfile.mkdtemp(dir=folder))
        place = Place(broker.bootstrap, broker.nodes, None, own, None)
        try:
            went = run(place, broker, fault, variant, RATE_PER_S, SEED)
        finally:
            place.tidy()
        if went.verdict.untested is None:
            break
    return went


def check_nothing_lost(went: FaultRun) -> None:
    """Everything was carried out under load, and every record that was sent is accounted for."""
    account = went.account
    assert [act for act, _, _ in went.done] == [one.act.value for one in went.fault.actions]
    assert went.verdict == Verdict(), went.verdict
    assert went.load_s > went.fault.actions[-1].at_s
    assert account.sent == account.acknowledged == account.unique > 0
    assert (account.lost, account.unknown) == (0, 0)
    assert account.committed == account.end
