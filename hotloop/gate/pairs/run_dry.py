"""Benchmarks that have far less to do after some dozens or hundreds of calls.

Each call takes a piece of an input that comes to its end while they are warmed up: the next record
of a stream, the next job of a queue. What is timed then is a call that finds nothing.
"""

from hotloop.base.units import count
from hotloop.gate.pairs.first_calls import call_s
from hotloop.gate.pairs.noted import Noted, durations
from hotloop.gate.pairs.slices import Costs


class RunDry(Noted):
    """Those whose calls took far longer at first, and not only the very first of them."""

    def _what(self, base: Costs, head: Costs) -> str:
        sides = [costs for costs in (base, head) if costs.early_s]
        if not sides:
            return ""
        calls = count(max(costs.early_calls for costs in sides))
        early, later = durations(c.early_s for c in sides), durations(map(call_s, sides))
        return f"{early} in the first {calls} calls, later {later}"

    def _sentence(self, many: str, who: str) -> str:
        return (
            f"the calls of {many} have far less to do once some were made: {who}; if their input "
            "comes to its end, make it anew in each call, or in a set-up before each: what only "
            "the first calls do is in no verdict"
        )
