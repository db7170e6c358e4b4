"""What the call of a test costs, found out before its first samples.

What may be called only so often is called in copies of the process, which leave nothing in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable  # noqa: UP035  (evaluated by Python 3.8)

from ..copies import CopyFailed
from ..warm_up import warm_up
from .calls import LONG_CALL_S, PedanticCall, TestCall, once

InACopy = Callable[[TestCall, Callable[[], Any]], Any]
"""What a function returns in a copy of this process that makes a call; raises CopyFailed."""


@dataclass(frozen=True)
class Asked:
    """What the driver said of a call before: as of ``Worker.prepare``."""

    known_block_s: float = 0.0
    starts_warm: bool = False
    firsts: bool = False


def costs_of(
    call: TestCall, asked: Asked, may_be_copied: Callable[[], bool], in_a_copy: InACopy
) -> tuple[TestCall, dict[str, Any]]:
    """What is to be sampled, and what it costs: at most a first call, where the driver knows that.

    ``may_be_copied``: whether copies of this process can do what it does.
    """
    if call.may_be_single and asked.firsts:
        return once(call.result), {}
    if asked.known_block_s >= LONG_CALL_S and not call.firsts():
        call.keep_results()
    if asked.firsts or asked.starts_warm:
        return call, {}
    if asked.known_block_s:
        return call, {"first_s": call.warm(asked.known_block_s)}
    copied = may_be_copied()
    if call.may_be_single and copied:
        single = once(call.result)
        costs = _of_one(single, in_a_copy)
        if costs and not _bears_a_second(call, in_a_copy):
            return single, {**costs, "can_be_copied": bool(_of_one(single, in_a_copy))}
    if isinstance(call, PedanticCall):
        return call, _of_rounds(call, copied, in_a_copy)
    costs = warm_up(call, 0.0)
    if costs["elapsed_s"] >= LONG_CALL_S * costs["calls"]:
        call.keep_results()
    copied = copied and costs["can_be_copied"]
    return call, {**costs, "can_be_copied": copied, "probed": call.made}


def _of_rounds(call: PedanticCall, copied: bool, in_a_copy: InACopy) -> dict[str, Any]:
    """Find out in copies, which leave nothing in this process, if two can do the same.

    What they leave elsewhere, as files, is gone in the next process.
    """
    if not copied:
        return call.costs(False)
    costs = _of_one(call, in_a_copy)
    if not costs:
        return call.costs(False)
    call.blocks_of_a_sample = costs["blocks_of_a_sample"]
    return {**costs, "can_be_copied": bool(_of_one(call, in_a_copy))}


def _of_one(call: PedanticCall, in_a_copy: InACopy) -> dict[str, Any]:
    """What it costs in a copy of this process; empty if it fails there."""
    try:
        return dict(in_a_copy(call, lambda: call.costs(True)))
    except CopyFailed:
        return {}


def _bears_a_second(call: TestCall, in_a_copy: InACopy) -> bool:
    """Whether a copy of this process can make the call twice."""
    try:
        in_a_copy(call, lambda: [call.result(), call.result()][:0])
    except CopyFailed:
        return False
    return True
