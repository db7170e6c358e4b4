"""Benchmarks whose first call does far more than all later ones, which are what is timed.

It may fill a cache that the others find filled, use up a file, compile or import. If code that only
a first call reaches becomes slower, no figure changes, so the result has to say so.
"""

from hotloop.gate.pairs.noted import Noted, durations
from hotloop.gate.pairs.slices import Costs
from hotloop.timing.first_calls import is_far_longer


class FirstCalls(Noted):
    """Those whose first calls are not what is timed, and cost far more."""

    def _what(self, base: Costs, head: Costs) -> str:
        sides = (base, head)
        if not any(map(is_far_more, sides)):
            return ""
        return f"{durations(c.first_s for c in sides)}, later {durations(map(call_s, sides))}"

    def _sentence(self, many: str, who: str) -> str:
        return (
            f"the first call of {many} takes far longer than later ones, at base and at head: "
            f"{who}; what only a first call does (filling a cache, reading a file to its end, "
            "compiling, importing) is in no verdict"
        )


def is_far_more(costs: Costs) -> bool:
    """Whether the first call took far longer than one of the later ones, which are timed."""
    is_timed = costs.firsts and not costs.usual_s
    return not is_timed and is_far_longer(costs.first_s, call_s(costs))


def call_s(costs: Costs) -> float:
    """Seconds of one of the later calls."""
    return costs.usual_s or costs.timed_s / costs.calls
