"""One fault run: a steady load, the fault in the middle of it, and the account of every record.

    join ── load ── actions ── load after them ── all committed? ── stop ── account

A fault is carried out on fresh processes, topic and group. On a quiet and on a busy machine the
same run differs only in how long it takes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hotloop.base.clock import Clock, SystemClock
from hotloop.base.errors import MeasurementError, UsageError
from stream import registry
from stream.account.figures import Account
from stream.cluster.place import Place
from stream.consume.job import ConsumerReport
from stream.faults import toll
from stream.faults.execution import Done, carry_out
from stream.faults.hands import Reach
from stream.faults.plans import Fault
from stream.faults.verdict import Ending, Verdict, judge
from stream.kafka.running import Broker
from stream.measure import steady
from stream.measure.drain import Shape
from stream.measure.steady import NOT_SEEN, Harm, Offer, Running, Steady

# From the end of the load until a consumer that was away has caught up and committed: Faust
# may wait out a session first, and the others commit every 5 s.
COMMIT_LIMIT_S = 40.0
# The load ends when the actions are done; a fault that takes longer than this is hung.
LOAD_LIMIT_S = 150.0
# From the start of the generator to its first record in the topic.
FIRST_RECORD_LIMIT_S = 30.0
LOOK_NS = 50_000_000
NS_PER_S = 1e9


@dataclass(frozen=True, slots=True)
class FaultRun:
    """What happened to one consumer under one fault.

    ``load_s``: how long the load was kept up. ``pause_s``: the longest time without any new
    record that ended after the fault began.
    ``done``: each action, with its begin and end in seconds from the first record.
    ``verdict``: whether the fault's promise was tested, and holds.
    ``report``: of the worker that was started last.
    """

    fault: Fault
    load_s: float
    account: Account
    pause_s: float
    repeated: toll.Repeated
    explanation: str
    done: tuple[tuple[str, float, float], ...]
    verdict: Verdict
    report: ConsumerReport


def run(
    place: Place,
    broker: Broker | None,
    fault: Fault,
    variant: str,
    rate_per_s: float,
    value_seed: int,
    say: Callable[[str], None] = lambda _: None,
    clock: Clock | None = None,
) -> FaultRun:
    """Carry out ``fault`` once. ``broker``: that of ``place``, if it is the harness's own.

    ``say`` gets a line for each step. Raises UsageError if the fault needs a broker of the
    harness's own and there is none, and MeasurementError if it could not be carried out: a
    consumer that ended by itself, a broker that did not come back, a load that failed.
    """
    if fault.is_on_brokers and (broker is None or broker.nodes != fault.nodes):
        raise UsageError(
            f"{fault.name} needs {fault.nodes} broker(s) of hotloop's own: leave --bootstrap out"
        )
    clock = clock or SystemClock()
    done: list[Done] = []
    starts: list[int] = []

    def harm(running: Running) -> None:
        starts.append(first_record_ns(running, clock))
        hands = Reach(running, broker).hands()
        spoken = {act: _spoken(say, act.value, hand) for act, hand in hands.items()}
        done.extend(carry_out(fault.actions, spoken, clock, starts[0]))
        clock.sleep_ns(int(fault.after_s * NS_PER_S))
        for load in running.loads:
            load.stop()
        say("waiting until everything that was sent is committed")

    offer = Offer(rate_per_s, 0.0, LOAD_LIMIT_S, producers=1, value_seed=value_seed)
    say(f"{variant}: {fault.idea}, under {rate_per_s:,.0f} records/s")
    went = steady.run(
        place,
        variant,
        Shape(topics=1, partitions=fault.partitions, workers=1),
        offer,
        Harm(harm, COMMIT_LIMIT_S, fault.session_timeout_s),
    )
    if went.account.sent == offer.records:
        raise MeasurementError(f"{fault.name} of {variant} was not over within {LOAD_LIMIT_S:g} s")
    return _concluded(fault, went, tuple(done), starts[0])


def _concluded(fault: Fault, went: Steady, done: tuple[Done, ...], start_ns: int) -> FaultRun:
    seen = went.received_ns != NOT_SEEN
    (load,) = went.loads
    ending = Ending(went.silent_s, went.refusal, went.taken_away, fault.is_on_brokers)
    again = toll.repeated(went.received_ns, went.times_seen)
    variant = registry.get(went.reports[-1].variant)
    return FaultRun(
        fault=fault,
        load_s=(load.last_sent_ns - load.start_ns) / NS_PER_S,
        account=went.account,
        pause_s=toll.pause_s(went.received_ns[seen], done[0].begun_ns),
        repeated=again,
        explanation=toll.explanation(again, variant.commits, variant.commit_interval_s),
        done=tuple(
            (
                one.act.value,
                (one.begun_ns - start_ns) / NS_PER_S,
                (one.ended_ns - start_ns) / NS_PER_S,
            )
            for one in done
        ),
        verdict=judge(fault.promise, went.account, ending),
        report=went.reports[-1],
    )


def first_record_ns(running: Running, clock: Clock) -> int:
    """Wait for the first record in the topic; the time at which it was there."""
    deadline_ns = clock.now_ns() + int(FIRST_RECORD_LIMIT_S * NS_PER_S)
    while not sum(running.place.end_offsets(running.topics[0]).values()):
        if clock.now_ns() > deadline_ns:
            for load in running.loads:
                load.stop()
            # What the broker said about them says more than their absence.
            refusal = running.await_loads().refusal
            raise MeasurementError(
                refusal or f"no record came within {FIRST_RECORD_LIMIT_S:g} s of the load"
            )
        clock.sleep_ns(LOOK_NS)
    return clock.now_ns()


def _spoken(say: Callable[[str], None], line: str, hand: Callable[[], None]) -> Callable[[], None]:
    def act() -> None:
        say(line)
        hand()

    return act
