"""Benchmarks whose calls leave work to threads that go on after them.

A call hands something to a thread or a pool and does not wait for it. What it costs there is in no
time of the benchmark's, however slow it becomes.
"""

from hotloop.gate.pairs.first_calls import call_s
from hotloop.gate.pairs.noted import Noted, durations
from hotloop.gate.pairs.slices import Costs


class Unfinished(Noted):
    """Those whose threads were at rest before the first call and not after the last one."""

    def _what(self, base: Costs, head: Costs) -> str:
        # It is found where a thread has a CPU at once: not always on both sides.
        if not (base.goes_on or head.goes_on):
            return ""
        return f"calls of {durations(map(call_s, (base, head)))}"

    def _sentence(self, many: str, who: str) -> str:
        return (
            f"the calls of {many} leave work to threads that go on after them: {who}; what "
            "these do then is in no verdict: wait for it in each call"
        )
