"""Faults without any broker: schedules as text, the walk over them, and what is concluded."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.base.clock import ManualClock
from hotloop.base.errors import MeasurementError, UsageError
from stream.account.figures import Account
from stream.account.record import BadRecord, decode, parse_id
from stream.faults import plans, poison, toll
from stream.faults.execution import carry_out
from stream.faults.plans import FAULTS, Act, Action, Fault, Promise
from stream.faults.verdict import STANDSTILL_S, Ending, Verdict, judge

NS_PER_S = 1_000_000_000
START_NS = 7 * NS_PER_S

SCHEDULES = {
    "agent-kill": "6 consumer killed with -9, 7 consumer started",
    "agent-term": "5 consumer stopped with SIGTERM, 6 consumer started",
    "broker-kill": "4 broker killed with -9, 5 broker started again",
    "node-kill": "4 broker killed with -9",
    "pause": "4 broker frozen with SIGSTOP, 14 broker thawed with SIGCONT",
    "rebalance": "3 consumer started, 3 every consumer has partitions, "
    "10 consumer stopped with SIGTERM",
    "poison": "2 poison sent, 4 poison sent",
}

CLEAN = Account(
    sent=100,
    acknowledged=100,
    unique=100,
    lost=0,
    duplicated=0,
    out_of_order=0,
    unknown=0,
    bad=0,
    committed=100,
    end=100,
)


def walked(actions: tuple[Action, ...], takes_s: float = 0.0) -> list[str]:
    """What was done and when, in seconds from the start; each action takes ``takes_s``."""
    clock = ManualClock(START_NS)
    log: list[str] = []

    def hand(act: Act) -> Callable[[], None]:
        def do() -> None:
            log.append(f"{(clock.now_ns() - START_NS) / NS_PER_S:g} {act.value}")
            clock.sleep_ns(int(takes_s * NS_PER_S))

        return do

    carry_out(actions, {act: hand(act) for act in Act}, clock, START_NS)
    return log


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_does_this_at_these_seconds(fault: Fault) -> None:
    assert ", ".join(walked(fault.actions)) == SCHEDULES[fault.name]


def test_every_fault_of_the_list_has_its_schedule_here() -> None:
    assert list(SCHEDULES) == [fault.name for fault in FAULTS]


def test_a_slow_action_makes_the_next_one_late_and_not_the_one_after_that() -> None:
    actions = (
        Action(1.0, Act.STOP_WORKER),
        Action(2.0, Act.START_WORKER),
        Action(9.0, Act.STOP_WORKER),
    )
    stopped, started = Act.STOP_WORKER.value, Act.START_WORKER.value
    assert walked(actions, takes_s=3.0) == [f"1 {stopped}", f"4 {started}", f"9 {stopped}"]


def test_what_was_done_is_told_with_its_begin_and_its_end() -> None:
    clock = ManualClock(START_NS)
    hands = {act: lambda: clock.sleep_ns(NS_PER_S) for act in Act}
    (done,) = carry_out((Action(2.0, Act.KILL_BROKER),), hands, clock, START_NS)
    assert (done.begun_ns - START_NS, done.ended_ns - START_NS) == (2 * NS_PER_S, 3 * NS_PER_S)


def test_an_action_that_fails_ends_the_walk() -> None:
    log: list[str] = []

    def fail() -> None:
        raise MeasurementError("gone")

    hands = dict.fromkeys(Act, lambda: log.append("done")) | {Act.KILL_BROKER: fail}
    actions = (Action(0.0, Act.KILL_BROKER), Action(1.0, Act.RESTART_BROKER))
    with pytest.raises(MeasurementError, match="gone"):
        carry_out(actions, hands, ManualClock(), 0)
    assert log == []


def test_only_what_is_done_to_brokers_needs_brokers_of_our_own() -> None:
    harming = {fault.name for fault in FAULTS if fault.is_on_brokers}
    assert harming == {"broker-kill", "node-kill", "pause"}


@pytest.mark.parametrize(
    "actions",
    [
        (),
        (Action(-1.0, Act.KILL_WORKER),),
        (Action(5.0, Act.KILL_WORKER), Action(4.0, Act.START_WORKER)),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(actions: tuple[Action, ...]) -> None:
    with pytest.raises(ValueError, match="agent-kill"):
        replace(plans.get("agent-kill"), actions=actions)


def test_a_load_cannot_end_before_its_last_action() -> None:
    with pytest.raises(ValueError, match=r"-1\.0 s of load after"):
        replace(plans.get("agent-kill"), after_s=-1.0)


def test_an_unknown_fault_is_refused_with_what_comes_close() -> None:
    with pytest.raises(UsageError, match="did you mean agent-kill"):
        plans.get("agent-kil")


@pytest.mark.parametrize("value", poison.VALUES, ids=lambda value: repr(value)[:30])
def test_no_poison_can_be_read(value: bytes | None) -> None:
    with pytest.raises(BadRecord):
        parse_id(decode(value).id_string)


def ns(*seconds: float) -> toll.Int64s:
    return (np.array(seconds) * NS_PER_S).astype(np.int64)


def test_the_pause_is_the_longest_gap_that_ended_after_the_fault_began() -> None:
    seen = ns(0, 5, 6, 6.5, 8.5, 9)
    assert toll.pause_s(seen, since_ns=6 * NS_PER_S) == 2.0
    assert toll.pause_s(seen, since_ns=0) == 5.0


def test_a_gap_that_was_open_when_the_fault_began_counts_whole() -> None:
    assert toll.pause_s(ns(0, 1, 4), since_ns=2 * NS_PER_S) == 3.0


@pytest.mark.parametrize("seen", [ns(), ns(1), ns(1, 3)])
def test_where_nothing_was_seen_after_the_fault_there_is_no_pause_to_tell(
    seen: toll.Int64s,
) -> None:
    assert toll.pause_s(seen, since_ns=3 * NS_PER_S) == 0.0


@given(st.lists(st.integers(0, 10**6), min_size=2, unique=True), st.randoms())
def test_the_order_of_the_records_does_not_matter_to_the_pause(
    times: list[int], random: "np.random.Generator"
) -> None:
    shuffled = list(times)
    random.shuffle(shuffled)
    assert toll.pause_s(np.array(times), 0) == toll.pause_s(np.array(shuffled), 0)


def test_records_that_came_again_are_counted_once_each() -> None:
    again = toll.repeated(ns(1, 1.25, 1.5, 2), np.array([1, 2, 4, 1]))
    assert again == toll.Repeated(records=2, stretches=1, longest_s=0.25)


def test_records_far_apart_that_came_again_are_stretches_of_their_own() -> None:
    firsts = ns(1, 1.25, 1.5, 9, 9.25)
    again = toll.repeated(firsts, np.full(5, 2))
    assert again == toll.Repeated(records=5, stretches=2, longest_s=0.5)


def test_nothing_that_came_again_is_nothing() -> None:
    assert toll.repeated(ns(1, 2), np.array([1, 0])) == toll.Repeated(0, 0, 0.0)


@pytest.mark.parametrize(
    ("again", "sentence"),
    [
        (toll.Repeated(0, 0, 0.0), "nothing was seen twice"),
        (
            toll.Repeated(1_200, 1, 1.2),
            "1,200 records came again, handled over 1.2 s: no longer than between two commits "
            "(every 2.8 s)",
        ),
        (
            toll.Repeated(3_800, 2, 3.8),
            "3,800 records came again, handled over 3.8 s at most in each of 2 stretches: no "
            "longer than between two commits (every 2.8 s)",
        ),
        (
            toll.Repeated(3_900, 1, 3.9),
            "3,900 records came again, handled over 3.9 s: longer than between two commits "
            "(every 2.8 s), which does not explain it",
        ),
    ],
)
def test_the_commit_interval_explains_what_fits_into_it_and_nothing_more(
    again: toll.Repeated, sentence: str
) -> None:
    assert toll.explanation(again, "every 2.8 s", 2.8) == sentence


BOTH = Promise.NOTHING_LOST_NOR_REPEATED
ONE = Promise.NOTHING_LOST
SEEN_TO_THE_END = Ending(silent_s=1.0)


@pytest.mark.parametrize(
    ("account", "promise", "reason"),
    [
        (CLEAN, BOTH, None),
        (replace(CLEAN, duplicated=5), ONE, None),
        (replace(CLEAN, duplicated=5), BOTH, "5 records were seen twice"),
        (replace(CLEAN, lost=1), ONE, "1 of 100 acknowledged records were lost"),
        (replace(CLEAN, lost=1, not_reached=9), ONE, "1 of 100 acknowledged records were lost"),
        (replace(CLEAN, unknown=2), ONE, "2 records were seen that nobody sent"),
    ],
)
def test_a_promise_is_broken_by_what_it_excludes(
    account: Account, promise: Promise, reason: str | None
) -> None:
    assert judge(promise, account, SEEN_TO_THE_END) == Verdict(broken=reason)


@pytest.mark.parametrize(
    ("account", "ending", "reason"),
    [
        (replace(CLEAN, acknowledged=0), SEEN_TO_THE_END, "nothing was put to the test"),
        (replace(CLEAN, acknowledged=0), Ending(1.0, "it said no"), "it said no"),
        (replace(CLEAN, acknowledged=0), Ending(1.0, "no", is_on_brokers=True), "no"),
        (replace(CLEAN, not_reached=9), SEEN_TO_THE_END, r"9 of 100 .* use a lower --rate"),
        (replace(CLEAN, not_reached=9), Ending(STANDSTILL_S), "stood still for the last 20 s"),
        (replace(CLEAN, duplicated=5, not_reached=9), SEEN_TO_THE_END, "did not keep up"),
        (replace(CLEAN, expired=9), SEEN_TO_THE_END, "took 9 records away before they were read:"),
        (replace(CLEAN, expired=9), Ending(1.0, None, "x is 1"), r"were read \(x is 1\)"),
        (replace(CLEAN, missing=9), SEEN_TO_THE_END, "it lost them, not the consumer"),
        (replace(CLEAN, refused=9), Ending(1.0, "refused: quota"), "refused: quota"),
    ],
)
def test_what_nobody_saw_for_another_reason_than_a_loss_leaves_the_promise_untested(
    account: Account, ending: Ending, reason: str
) -> None:
    verdict = judge(BOTH, account, ending)
    assert verdict.broken is None
    assert verdict.untested is not None
    assert re.search(reason, verdict.untested)


def test_a_record_refused_by_a_broker_that_was_harmed_is_a_doubt_and_no_more() -> None:
    ending = Ending(1.0, "the broker did not take 3 of 100 records", is_on_brokers=True)
    verdict = judge(ONE, replace(CLEAN, refused=3), ending)
    assert verdict == Verdict(doubts=("the broker did not take 3 of 100 records",))
