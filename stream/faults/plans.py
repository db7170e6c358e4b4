"""The faults as data: what is done, to whom, at which second of a steady load.

    load      |--------------------------------------------|
    actions   0 first record     kill      start           | wait until all is committed
                                 6.0       7.0 <- after_s ->

The seconds count from the first record in the topic. An action that takes long (a restart, a
graceful stop) makes the next one late, never early, and the load longer: everything happens
under load, also on a slow machine.
"""

import difflib
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from hotloop.base.errors import UsageError
from stream.consume.job import SHORTEST_SESSION_S

# A seventh of what Faust's defaults drain on two slow cores: faults are not about speed.
RATE_PER_S = 1_000.0
# Below this a pause cannot be seen; above it no variant in Python keeps up.
LEAST_RATE_PER_S = 10.0
MOST_RATE_PER_S = 100_000.0
# The group that members leave and join (``stream.faults.rebalance``): whether it has two members
# or three, each has as many partitions as the others.
MEMBERS = 3
PARTITIONS = 6


class Act(Enum):
    """One action. The worker is the last started of those that run, the broker the leader."""

    KILL_WORKER = "consumer killed with -9"
    STOP_WORKER = "consumer stopped with SIGTERM"
    START_WORKER = "consumer started"
    AWAIT_WORKERS = "every consumer has partitions"
    KILL_BROKER = "broker killed with -9"
    RESTART_BROKER = "broker started again"
    FREEZE_BROKER = "broker frozen with SIGSTOP"
    THAW_BROKER = "broker thawed with SIGCONT"
    SEND_POISON = "poison sent"


ON_BROKERS = frozenset(
    {Act.KILL_BROKER, Act.RESTART_BROKER, Act.FREEZE_BROKER, Act.THAW_BROKER},
)


class Promise(Enum):
    """What must hold. At-least-once allows a record to come twice only after a crash."""

    NOTHING_LOST = "nothing lost"
    NOTHING_LOST_NOR_REPEATED = "nothing lost, nothing seen twice"


@dataclass(frozen=True, slots=True)
class Action:
    """Do ``act`` at this second of the load."""

    at_s: float
    act: Act


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of harm to one consumer of one topic.

    ``actions`` in order of time. ``after_s``: how long the load continues after the last one.
    ``session_timeout_s``: of the group's members; None: the client's default.
    """

    name: str
    idea: str
    actions: tuple[Action, ...]
    after_s: float
    promise: Promise
    nodes: int = 1
    partitions: int = 1
    session_timeout_s: float | None = None

    def __post_init__(self) -> None:
        times = [action.at_s for action in self.actions]
        if not times or times[0] < 0 or self.after_s < 0:
            raise ValueError(f"{self.name}: actions at {times} s, {self.after_s} s of load after")
        if any(later < earlier for earlier, later in pairwise(times)):
            raise ValueError(f"{self.name}: actions out of order: {times}")

    @property
    def least_load_s(self) -> float:
        """How long the load takes if no action is late."""
        return self.actions[-1].at_s + self.after_s

    @property
    def is_on_brokers(self) -> bool:
        """Whether it acts on brokers, which must then be our own."""
        return any(action.act in ON_BROKERS for action in self.actions)


FAULTS: tuple[Fault, ...] = (
    Fault(
        "agent-kill",
        "the consumer is killed with -9 and started again in the same group",
        (Action(6.0, Act.KILL_WORKER), Action(7.0, Act.START_WORKER)),
        after_s=8.0,
        promise=Promise.NOTHING_LOST,
        # A dead member keeps its partitions this long: a minute by Faust's default.
        session_timeout_s=SHORTEST_SESSION_S,
    ),
    Fault(
        "agent-term",
        "the consumer is stopped with SIGTERM and started again in the same group",
        (Action(5.0, Act.STOP_WORKER), Action(6.0, Act.START_WORKER)),
        after_s=6.0,
        promise=Promise.NOTHING_LOST_NOR_REPEATED,
    ),
    Fault(
        "broker-kill",
        "the only broker is killed with -9 and started again on its data",
        (Action(4.0, Act.KILL_BROKER), Action(5.0, Act.RESTART_BROKER)),
        after_s=5.0,
        promise=Promise.NOTHING_LOST,
    ),
    Fault(
        "node-kill",
        "one of three brokers, the topic's leader, is killed with -9 and stays away",
        (Action(4.0, Act.KILL_BROKER),),
        # The cluster considers a silent broker dead after 9 s.
        after_s=14.0,
        promise=Promise.NOTHING_LOST,
        nodes=3,
    ),
    Fault(
        "pause",
        "the only broker is frozen with SIGSTOP for 10 s",
        (Action(4.0, Act.FREEZE_BROKER), Action(14.0, Act.THAW_BROKER)),
        after_s=4.0,
        promise=Promise.NOTHING_LOST,
    ),
    Fault(
        "rebalance",
        "a second consumer joins the group and leaves it again",
        (
            Action(3.0, Act.START_WORKER),
            Action(3.0, Act.AWAIT_WORKERS),
            Action(10.0, Act.STOP_WORKER),
        ),
        after_s=5.0,
        promise=Promise.NOTHING_LOST,
        partitions=2,
    ),
    Fault(
        "poison",
        "records that nobody can read: bad JSON, a field missing, empty, 1 MB",
        (Action(2.0, Act.SEND_POISON), Action(4.0, Act.SEND_POISON)),
        after_s=2.0,
        promise=Promise.NOTHING_LOST_NOR_REPEATED,
        partitions=2,
    ),
)

_BY_NAME = {fault.name: fault for fault in FAULTS}


def get(name: str) -> Fault:
    """Return the fault ``name``; raises UsageError with what comes close."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    close = difflib.get_close_matches(name, _BY_NAME)
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(_BY_NAME)}"
    raise UsageError(f"there is no fault {name!r}: {hint}")
