"""The samples of one pair: both sides take turns until the plan is done, or the samples suffice.

    base   |run|.....|run|.|run|.........      a stretch: the driver assigns the slots, gives
    head   ....|run|.......|.....|run|...      the first turn and waits for both lists

If one side fails while its partner waits for the turn, the partner gets all turns at once.
"""

import math
import random
import select
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from hotloop.gate.model import Side, Timing
from hotloop.gate.pairs.cold_turns import ROUNDS_TRIED
from hotloop.gate.pairs.couple import SIDES
from hotloop.gate.pairs.figure import Samples
from hotloop.gate.pairs.forks import Fork
from hotloop.gate.pairs.partners import Partners
from hotloop.gate.pairs.precision import Precision, is_settled
from hotloop.gate.pairs.slices import FEWEST_ROUNDS, SamplingPlan
from hotloop.timing.children import POLL_S, Child, Lost, hung

# Sending samples that are ready takes milliseconds.
ANSWER_LIMIT_S = 5.0
# A side that is late and has all turns to itself hangs if it takes this long, and this many
# times what both should have taken.
LAST_CHANCE_S = 0.5
PATIENCE = 5.0
# If other programs use the CPU too, a pair ends after this many times its usual duration:
# another pair is worth more than the rest of this one. Not if both share the core: what disturbs
# them makes their samples scatter so much that a short pair is worth little.
HURRY = 2.5

GiveTurns = Callable[[Side, int], None]
"""Gives a side this many turns."""


def take_samples(
    partners: Partners,
    plan: SamplingPlan,
    cpus: Sequence[int] | None,
    give_turns: GiveTurns,
    chance: random.Random,
    wanted: Precision,
    is_unwanted: Callable[[], bool],
) -> Samples:
    """Seconds a call in each round, stretch after stretch, until the plan or its time is over.

    It ends sooner if the rounds so far agree so well that the ratio is as precise as is ``wanted``,
    or once ``is_unwanted``.

    ``cpus``: where both run meanwhile; None: leave them as they are. Empty if a side had
    trouble.
    """
    samples: dict[Side, list[float]] = {side: [] for side in SIDES}
    hurry = math.inf if plan.timing is Timing.SHARED else HURRY
    end_s = time.monotonic() + hurry * plan.expected_s
    for rounds in plan.stretches(wanted.rounds, wanted.copies):
        taken = _stretch(partners, plan, rounds, cpus, give_turns, chance)
        if partners.troubles:
            return {}
        for side in SIDES:
            samples[side] += taken[side][plan.warms :: 1 + plan.warms]
        is_late = time.monotonic() > end_s
        is_over = is_late or is_unwanted()
        if is_over or is_settled(samples[Side.BASE], samples[Side.HEAD], plan, wanted):
            break
    for worker in partners.workers.values():
        worker.send("finish")
    partners.answers(time.monotonic() + partners.limit_s)
    return samples


def try_turns(
    partners: Partners,
    plan: SamplingPlan,
    cpus: Sequence[int] | None,
    give_turns: GiveTurns,
    chance: random.Random,
) -> Samples:
    """Some turns of two samples each, in the processes themselves; empty if a side had trouble."""
    tried = replace(plan, warms=True, deal=0)
    taken = _stretch(partners, tried, ROUNDS_TRIED, cpus, give_turns, chance)
    return {} if partners.troubles else taken


def take_samples_of_one(
    side: Side,
    worker: Child | Fork,
    plan: SamplingPlan,
    cpus: Sequence[int] | None,
    give_turns: GiveTurns,
) -> bool:
    """As many samples of one side as a whole plan has; False: it failed or hangs."""
    me = SIDES.index(side)
    for rounds in plan.stretches(FEWEST_ROUNDS, 1):
        _start(worker, [me] * rounds, me, plan, cpus, plan.deal)
        give_turns(side, 1)
        if isinstance(worker.receive(LAST_CHANCE_S + PATIENCE * plan.expected_s), Lost):
            return False
    return True


def _stretch(
    partners: Partners,
    plan: SamplingPlan,
    rounds: int,
    cpus: Sequence[int] | None,
    give_turns: GiveTurns,
    chance: random.Random,
) -> Samples:
    """Both sides' samples in this many rounds, in order."""
    firsts = [chance.randrange(2) for _ in range(rounds)]
    turns = [owner for first in firsts for owner in (first, 1 - first)]
    if plan.warms:
        turns = [owner for owner in turns for _ in range(2)]
    shared = plan.timing is Timing.SHARED
    # In random order, so that neither side is always the first to be ready.
    for me, side in chance.sample(tuple(enumerate(SIDES)), len(SIDES)):
        slots = [me] * rounds if shared else turns
        _start(partners.workers[side], slots, me, plan, cpus, 2 * plan.deal * (1 + plan.warms))
    for owner in turns[:2] if shared else turns[:1]:
        give_turns(SIDES[owner], 1)
    return _collect(partners, plan, len(turns), give_turns)


def _start(
    worker: Child | Fork,
    slots: Sequence[int],
    me: int,
    plan: SamplingPlan,
    cpus: Sequence[int] | None,
    deal: int,
) -> None:
    """Let a worker take its samples, those of the ``slots`` that are its own, once it has turns."""
    worker.send(
        "run",
        slots=slots,
        me=me,
        calls=plan.calls,
        blocks=plan.blocks,
        clock=plan.clock,
        cpus=cpus,
        deal=deal,
        firsts=plan.firsts,
        rests=plan.parallel and plan.timing is Timing.TURNS,
    )


def _collect(partners: Partners, plan: SamplingPlan, slots: int, give_turns: GiveTurns) -> Samples:
    """Wait for both sides' samples; if one fails or hangs, the other gets all turns."""
    samples: dict[Side, Sequence[float]] = {}
    waiting = dict(partners.workers)
    limit_s = partners.limit_s + plan.expected_s
    deadline = time.monotonic() + limit_s
    freed = False
    while waiting:
        select.select([worker.replies for worker in waiting.values()], [], [], POLL_S)
        for side in [side for side, worker in waiting.items() if worker.has_news()]:
            reply = waiting.pop(side).receive(ANSWER_LIMIT_S)
            if isinstance(reply, Lost):
                partners.lose(side, reply)
            else:
                assert isinstance(reply, list)
                samples[side] = [float(sample) for sample in reply]
        late = time.monotonic() > deadline
        if late and freed:
            for side in waiting:
                partners.lose(side, hung(limit_s))
            return samples
        if not freed and (late or partners.troubles):
            freed = True
            for side in waiting:
                give_turns(side, slots)
            if late:
                deadline = time.monotonic() + LAST_CHANCE_S + PATIENCE * plan.expected_s
    return samples
