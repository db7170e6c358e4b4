"""What a benchmark costs, found out by untimed calls that also warm it up.

The answer has the fields of ``hotloop.gate.pairs.slices.Costs``; the costs are for one block.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, Sequence  # noqa: UP035  (evaluated by Python 3.8)

from .calls import Call, Probe, RawCall, median
from .copies import is_small
from .handed import Handed
from .own import time
from .process import children, goes_on_in_forks

# If the suite sets none: enough calls for the caches and the specialising interpreter to settle
# (some dozens of calls, hundreds of microseconds), and in the first pair for the probes as well.
WARM_UP_S = 20e-3
WARM_UP_AGAIN_S = 5e-3
# The shortest stretch whose cost per call can be trusted: thousands of clock ticks.
PROBE_S = 5e-3
# Faster growth would let one stretch take seconds, slower growth would need many of them.
PROBE_GROWTH = 2
# A clock that shows 0 has not ticked.
SHORTEST_S = 1e-9
# Calls that did far more than later ones: so many times as long, in all of the first stretches, one
# of them of so many calls, and for so long. A machine that stops for a while is in one stretch.
FAR_LESS = 10.0
EARLY_STRETCHES = 2
EARLY_CALLS = 8
EARLY_S = 0.2e-3
# How many calls are looked at once it is warm, if they fit into a probe's time.
LOOKS = 8


def warm_up(call: Call, known_block_s: float) -> dict[str, Any]:
    """Call until it is warm; returns what a block costs, of which one may be known already."""
    if known_block_s:
        return {"first_s": _warm_up_again(call, known_block_s)}
    calls = call.number or 1
    start_s = time.perf_counter()
    inputs = call.inputs()
    handed = Handed()
    first_s = call.sample(1, 1, time.thread_time, look=True)
    if inputs is not None:
        call.refuse_used_up(inputs)
    warm_s = call.warm_up_s(WARM_UP_S)
    blocks = 1
    stretches = []
    while True:
        probe = Probe()
        timed_s = call.sample(calls, blocks, time.thread_time)
        costs = probe.report()
        stretches.append((calls * blocks, timed_s))
        if costs["elapsed_s"] < PROBE_S:
            if call.number:
                blocks *= PROBE_GROWTH
            else:
                calls *= PROBE_GROWTH
        elif time.perf_counter() - start_s >= warm_s:
            break
    goes_on = handed.goes_on(costs)
    call.refuse_timer(calls, blocks)
    # As if the machine had had nothing else to do: a call that had to wait for the CPU is not long.
    alone_s = max(costs["thread_s"], costs["elapsed_s"] - costs.get("delayed_s", 0.0))
    if alone_s < PROBE_S * calls * blocks:
        _look(call, max(SHORTEST_S, alone_s / (blocks if call.number else calls)))
    can_be_copied = not isinstance(call, RawCall) and is_small() and goes_on_in_forks()
    # Copies would all begin at the same point between two full collections. In each of them, and so
    # in each pair, the same side would come as far as the next one, whatever it costs.
    can_be_copied = can_be_copied and not call.collects
    facts: dict[str, Any] = {
        "calls": calls,
        "first_s": first_s,
        "firsts": 0,
        "can_be_copied": can_be_copied,
        "children": children(),
        "goes_on": goes_on,
        **longer_before(stretches),
    }
    emptied = call.emptied(inputs, first_s, timed_s / (calls * blocks)) if inputs else ""
    if emptied:
        facts["emptied"] = emptied
    return {**_of_a_block(call, timed_s, costs, blocks), **facts}


def longer_before(stretches: Sequence[tuple[int, float]]) -> dict[str, float]:
    """What calls took before they had far less to do than in the last of ``stretches``, if so.

    A stretch is so many calls and their seconds. It has enough for cold caches to be no reason.
    """
    *before, (many, seconds) = stretches
    later_s = seconds / many

    def is_far_longer(stretch: tuple[int, float]) -> bool:
        many, seconds = stretch
        return seconds - many * later_s >= FAR_LESS * many * later_s

    early = list(itertools.takewhile(is_far_longer, before))
    calls = sum(many for many, _ in early)
    early_s = sum(seconds for _, seconds in early)
    are_enough = len(early) >= EARLY_STRETCHES and early[-1][0] >= EARLY_CALLS
    if not are_enough or early_s - calls * later_s < EARLY_S:
        return {}
    each_s = max(seconds / many for many, seconds in early if many >= EARLY_CALLS)
    return {"early_s": each_s, "early_calls": 1 + calls}


def _warm_up_again(call: Call, block_s: float) -> float:
    """Warm up another process of a benchmark of which a block is known to take ``block_s``.

    Returns what the first call took.

    By numbers, not by the clock: where each call leaves something behind that makes the next one
    dearer, the quicker side would come further in the same time, and hide that it is the quicker.
    """
    first_s = call.sample(1, 1, time.thread_time, look=True)
    made = 1
    if block_s < PROBE_S:
        call.refuse_timer(*_units(call, math.ceil(PROBE_S / block_s)))
        made += _look(call, block_s)
    left = math.ceil(call.warm_up_s(WARM_UP_AGAIN_S) / block_s) - made
    if left > 0:
        call.sample(*_units(call, left), time.thread_time)
    return first_s


def _units(call: Call, units: int) -> tuple[int, int]:
    """So many calls or, if their number is fixed, blocks of them: (calls, blocks)."""
    return (call.number, units) if call.number else (units, 1)


def try_first_calls(call: Call, can_be_copied: bool) -> dict[str, Any]:
    """If first calls are what is timed: make some, untimed.

    ``can_be_copied``: whether this process could be copied before it was set up.
    """
    probe = Probe()
    samples = call.first_samples(call.number, call.blocks_of_a_sample, time.thread_time, look=True)
    costs = probe.report()
    calls = call.number * call.blocks_of_a_sample
    facts = {
        "calls": call.number,
        "first_s": samples[0] / calls,
        "usual_s": median(samples) / calls,
        "firsts": len(samples),
        "can_be_copied": can_be_copied,
        "children": children(),
    }
    blocks = call.blocks_of_a_sample * len(samples)
    return {**_of_a_block(call, math.fsum(samples), costs, blocks), **facts}


def _look(call: Call, block_s: float) -> int:
    """Look at some blocks, and say at how many.

    Some return undone work only sometimes, or work that a thread has just done.
    """
    looks = min(LOOKS, math.ceil(PROBE_S / block_s))
    call.sample(*_units(call, looks), time.thread_time, look=True)
    return looks


def _of_a_block(call: Call, timed_s: float, costs: dict[str, float], blocks: int) -> dict[str, Any]:
    """``timed_s`` and ``costs`` divided by the blocks, and what the suite itself sets."""
    return {
        "timed_s": timed_s / blocks,
        "number": call.number,
        "timer": call.timer,
        "sets_up": call.sets_up,
        "blocks_of_a_sample": call.blocks_of_a_sample,
        **{name: cost / blocks for name, cost in costs.items()},
    }
