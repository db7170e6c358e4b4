"""How many takes a pair has, each with new processes of both sides: pure.

A process of a long call may have bad luck for as long as it lives: where in the machine's memory
the pages of its objects lie. This makes one process in three or four 4 to 9 % slower, from some
point of the call on, and another call in the same process is as slow. Short calls average over that
by copies. A long call gets several takes instead, of which the quickest process of each side
counts; but only if its pairs have shown that it needs them.

The sizes of their log ratios decide, never which side is quicker: swap the two sides of any pair,
and later pairs have as many takes. So on equal commits their figures stay symmetric about 0.
"""

from collections.abc import Collection

from hotloop.gate.model import Timing
from hotloop.gate.pairs.slices import SamplingPlan

# Where a third of the processes are slow, the rule as it ships finds +2 % in 7 % of simulated cases
# with one take, in 55 % with two, 90 % with three, 98 % with four. Equal commits take about as long
# with three as with one, because they are the same after fewer pairs (docs/gate-measured.md).
TAKES = 3
# From this on, three takes are worth their time. With 230 to 770 ms a call, nine of ten pairs of
# equal code lay within 2.3 to 2.8 % with one take, and within 0.5 to 0.9 with three; of 4 to 20 ms,
# within 3.0 to 3.7 and 1.6 to 2.0, which three times as many pairs give too.
LONG_CALL_S = 0.05
# The largest and the smallest size of log(head/base) so far have to differ by this. Where each
# pair says +2 %, one take suffices; where pairs scatter by less, it does too.
APART = 0.02
# If even the smallest is larger than this, more precision decides nothing.
PLAIN = 0.05


def takes_of(plan: SamplingPlan | None, sizes: Collection[float]) -> int:
    """How many the benchmark's next pair has; ``sizes``: of its log(head/base) so far."""
    if plan is None or plan.timing is not Timing.SHARED or plan.block_s < LONG_CALL_S or not sizes:
        return 1
    smallest, largest = min(sizes), max(sizes)
    return TAKES if largest - smallest >= APART and smallest <= PLAIN else 1
