"""Benchmarks whose set-up, which is not timed, costs one side far more than the other.

The calls that follow find in the caches what the set-up has left there, so that it may show in
their time, as it may in asv, which sets up before each of its samples too.
"""

from hotloop.gate.pairs.noted import Noted, durations
from hotloop.gate.pairs.slices import Costs

# A machine makes one side's set-up twice as slow for a while, and a short one leaves little behind.
FACTOR = 3.0
LEAST_S = 1e-3


class SetUps(Noted):
    """Those whose set-ups differ much."""

    def _what(self, base: Costs, head: Costs) -> str:
        if not (base.sets_up or head.sets_up):
            # What takes time beside the calls is Python's, which collects their garbage.
            return ""
        sides = [max(0.0, costs.thread_s - costs.timed_s) for costs in (base, head)]
        differ = max(sides) >= max(LEAST_S, FACTOR * min(sides))
        return durations(sides) if differ else ""

    def _sentence(self, many: str, who: str) -> str:
        return (
            f"the set-up of {many}, which is not timed, takes another time at base than at head: "
            f"{who}; what it leaves in the CPU's caches can show in the calls after it"
        )
