"""Benchmarks whose calls empty what they find: those that are timed may have less to do.

Where it is certain that they have nothing to do, the worker refuses the benchmark.
"""

from hotloop.gate.pairs.noted import Noted
from hotloop.gate.pairs.slices import Costs


class Emptied(Noted):
    """Those whose calls have emptied something, on either side."""

    def _what(self, base: Costs, head: Costs) -> str:
        return base.emptied or head.emptied

    def _sentence(self, many: str, who: str) -> str:
        return (
            f"{many} found something filled at first that the calls which are timed find empty: "
            f"{who}; if it is their input, they have too little to do: make it anew in each call, "
            "or in a set-up before each"
        )
