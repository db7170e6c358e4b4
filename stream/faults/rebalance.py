"""A member of a consumer group leaves, another joins, and that one is killed, all under load.

    members join ── load ── calm ── leave ── settled ── join ── settled ── kill ── settled
                                    SIGTERM             new process        -9

A change has settled when the group is stable with the right number of members and 2 s have passed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from hotloop.base.clock import Clock, SystemClock
from hotloop.base.errors import MeasurementError
from stream.account.figures import Account
from stream.account.ledger import keys
from stream.cluster.place import Place
from stream.consume.job import SHORTEST_SESSION_S, ConsumerReport, GroupProtocol
from stream.faults.execution import carry_out
from stream.faults.handover import LATEST_NS, Cost, Trace, calm_pause_s, cost
from stream.faults.hands import Reach
from stream.faults.plans import MEMBERS, PARTITIONS, RATE_PER_S, Act, Action, Promise
from stream.faults.run import COMMIT_LIMIT_S, LOAD_LIMIT_S, NS_PER_S, first_record_ns
from stream.faults.verdict import Ending, judge
from stream.kafka.kraft import CONSUMER_SESSION_S
from stream.measure import steady
from stream.measure.drain import Shape
from stream.measure.steady import Harm, Offer, Running, Steady

# Nothing happens: how long a partition pauses then says how busy the machine is. The first second
# is not counted, in which consumers make their first fetches.
CALM_S = 3.0
FIRST_S = 1.0
SETTLE_S = 2.0


class Event(StrEnum):
    """What happens to the group."""

    LEAVE = "leave"
    JOIN = "join"
    KILL = "kill"


ACTS: Mapping[Event, Act] = {
    Event.LEAVE: Act.STOP_WORKER,
    Event.JOIN: Act.START_WORKER,
    Event.KILL: Act.KILL_WORKER,
}


@dataclass(frozen=True, slots=True)
class Rebalanced:
    """One run that went well: what each event cost, and the account of all of it.

    ``calm_pause_s``: the longest pause of a partition before anything happened. ``report``: of
    the first member.
    """

    calm_pause_s: float
    costs: Mapping[Event, Cost]
    account: Account
    report: ConsumerReport


def session_timeout_s(protocol: GroupProtocol, is_own: bool) -> float | None:
    """After how long a silent member counts as dead; None: as a cluster that is not ours has it."""
    if protocol is not GroupProtocol.CONSUMER:
        return SHORTEST_SESSION_S
    return CONSUMER_SESSION_S if is_own else None


def run(
    place: Place,
    variant: str,
    protocol: GroupProtocol,
    producers: int,
    value_seed: int,
    say: Callable[[str], None],
    clock: Clock | None = None,
) -> Rebalanced:
    """Let the three events happen once to a group of ``variant`` with ``protocol``.

    ``say`` gets a line for each. Raises MeasurementError if one could not be carried out, or the
    account could not be closed.
    """
    clock = clock or SystemClock()
    begun_ns: list[int] = []
    groups: list[Running] = []

    def harm(running: Running) -> None:
        groups.append(running)
        begun_ns.append(first_record_ns(running, clock))
        hands = Reach(running, None).hands()
        clock.sleep_ns(int(CALM_S * NS_PER_S))
        for act in ACTS.values():
            say(f"{variant}, {protocol.value}: {act.value}")
            actions = (Action(0.0, act), Action(0.0, Act.AWAIT_WORKERS))
            begun_ns.append(clock.now_ns())
            carry_out(actions, hands, clock, begun_ns[-1])
            clock.sleep_ns(int(SETTLE_S * NS_PER_S))
        for load in running.loads:
            load.stop()

    offer = Offer(RATE_PER_S, 0.0, LOAD_LIMIT_S, producers, value_seed)
    went = steady.run(
        place,
        variant,
        Shape(topics=1, partitions=PARTITIONS, workers=MEMBERS),
        offer,
        Harm(harm, COMMIT_LIMIT_S, SHORTEST_SESSION_S, protocol),
    )
    if went.account.sent == offer.records:
        raise MeasurementError(f"the group had not settled within {LOAD_LIMIT_S:g} s")
    verdict = judge(
        Promise.NOTHING_LOST, went.account, Ending(went.silent_s, went.refusal, went.taken_away)
    )
    if verdict.untested is not None:
        raise MeasurementError(verdict.untested)
    start_ns, *acts_ns = begun_ns
    trace = _trace(went, groups[0])
    try:
        return Rebalanced(
            calm_pause_s(trace, start_ns + int(FIRST_S * NS_PER_S), acts_ns[0]),
            {
                event: cost(trace, at_ns, until_ns)
                for event, at_ns, until_ns in zip(
                    ACTS, acts_ns, [*acts_ns[1:], LATEST_NS], strict=True
                )
            },
            went.account,
            went.reports[0],
        )
    except ValueError as error:
        raise MeasurementError(
            verdict.broken or f"the group of {variant} did not settle: {error}"
        ) from error


def _trace(went: Steady, running: Running) -> Trace:
    """What all members saw; every generator's records go to the partitions in the same way."""
    place = running.loads[0].job.place
    return Trace.joined(
        [
            Trace(
                keys(book.producer, book.sequence),
                place(book.sequence)[1],
                np.full(len(book.sequence), member, np.int64),
                book.received_ns,
            )
            for member, book in enumerate(went.books)
        ]
    )
