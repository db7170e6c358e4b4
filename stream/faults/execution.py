"""Walk a schedule of actions: each at its time, or as soon as the one before it is done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hotloop.base.clock import Clock
from stream.faults.plans import Act, Action

NS_PER_S = 1e9

Hands = Mapping[Act, Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Done:
    """An action that was carried out, and when: nanoseconds of the clock."""

    act: Act
    begun_ns: int
    ended_ns: int


def carry_out(
    actions: Sequence[Action], hands: Hands, clock: Clock, start_ns: int
) -> tuple[Done, ...]:
    """Do each action at its second after ``start_ns``, never before; return what was done when.

    If a hand raises an exception, the walk ends.
    """
    done = []
    for action in actions:
        clock.sleep_ns(start_ns + int(action.at_s * NS_PER_S) - clock.now_ns())
        begun_ns = clock.now_ns()
        hands[action.act]()
        done.append(Done(action.act, begun_ns, clock.now_ns()))
    return tuple(done)
