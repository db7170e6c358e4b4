"""A seed stands for a schedule: what happens to the consumers of a group, and when.

The last consumer that runs is stopped (SIGTERM) or killed (-9), another joins, bad records arrive.
Times between two acts are random, so that some come in the middle of a join or of a commit.
"""

import random

from stream.consume.job import SHORTEST_SESSION_S
from stream.faults.plans import Act, Action, Fault, Promise

MOST_WORKERS = 3
# Between two acts: sometimes at once, at most about a commit interval.
PAUSE_S = (0.0, 3.0)
ACTS = (2, 6)
RATES_PER_S = (100.0, 200.0, 400.0)


def rate_per_s(seed: int) -> float:
    """The load of a seed."""
    return random.Random(f"{seed} load").choice(RATES_PER_S)


def schedule(seed: int) -> Fault:
    """The fault of a seed. At its end at least one consumer runs."""
    chance = random.Random(seed)
    at_s = 1.0
    running = 1
    actions = []
    for _ in range(chance.randint(*ACTS)):
        at_s += chance.uniform(*PAUSE_S)
        act = chance.choice(_possible(running))
        if act is Act.STOP_WORKER:
            # A process that still imports does not know how to stop, and ends like a killed one.
            actions.append(Action(at_s, Act.AWAIT_WORKERS))
        running += {Act.START_WORKER: 1, Act.KILL_WORKER: -1, Act.STOP_WORKER: -1}.get(act, 0)
        actions.append(Action(at_s, act))
    if not running:
        actions.append(Action(at_s + chance.uniform(*PAUSE_S), Act.START_WORKER))
    return Fault(
        name=f"seed-{seed}",
        idea=", ".join(f"{one.act.value} {one.at_s:.1f}" for one in actions),
        actions=tuple(actions),
        after_s=chance.uniform(0.5, 3.0),
        promise=Promise.NOTHING_LOST,
        partitions=chance.randint(MOST_WORKERS, MOST_WORKERS + 1),
        session_timeout_s=SHORTEST_SESSION_S,
    )


def _possible(running: int) -> list[Act]:
    acts = [Act.SEND_POISON]
    if running < MOST_WORKERS:
        acts += [Act.START_WORKER] * 2
    if running:
        acts += [Act.STOP_WORKER] * 2 + [Act.KILL_WORKER] * 2
    return acts
