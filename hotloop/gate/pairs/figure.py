"""The one number of a pair, from the samples of both sides: pure.

Most benchmarks cost the same in each call. There the median over rounds is best: what disturbs the
machine for a moment spoils a few rounds and no more. But where one call in many costs far more
than the others (a buffer that is written out, a cache that is emptied, random input), a median
shows what most calls cost and nothing of the rest, however slow that becomes. So there all samples
count.

Which of the two it is depends on both sides alike: swap them, and the number changes its sign and
nothing else, as it has to (docs/gate-method.md).
"""

import math
import statistics
from collections.abc import Sequence

from hotloop.gate.pairs.slices import log_ratio

# The mean of the samples over their median. On a busy machine (load average 10) it passed 1.2 in 2
# to 3 % of the pairs of benchmarks whose calls are all alike, and was 1.31 at most (432 pairs).
# Medians scatter less there, so noise must not make a benchmark uneven.
UNEVEN = 1.5
# How far, as a logarithm, all samples together and their median may differ in what they say of
# head over base, where the thread's CPU time is read: a tenth. In 112 such pairs of equal code it
# was 0.044 at most, at a load average of 20 on two CPUs. The wall clock shows other programs.
APART = 0.1
CPU = ("cpu", "undisturbed")


def figure(
    base: Sequence[float], head: Sequence[float], clock: str | None
) -> tuple[float, float, float]:
    """log(head/base), and what base and head cost, from as many samples of each.

    ``clock``: the plan's, which timed them; None: they are no times.
    """
    if is_uneven(base, head, clock):
        costs = statistics.fmean(base), statistics.fmean(head)
        return log_ratio(*costs), *costs
    return _typical(base, head), statistics.median(base), statistics.median(head)


def is_uneven(base: Sequence[float], head: Sequence[float], clock: str | None) -> bool:
    """Whether some samples are so much larger than most that a median hides what they cost."""
    middles = statistics.median(base), statistics.median(head)
    if not all(0 < middle < math.inf for middle in middles):
        return False
    means = statistics.fmean(base), statistics.fmean(head)
    if any(mean > UNEVEN * middle for mean, middle in zip(means, middles, strict=True)):
        return True
    return clock in CPU and abs(log_ratio(*means) - _typical(base, head)) > APART


def _typical(base: Sequence[float], head: Sequence[float]) -> float:
    """The median over rounds of log(head/base)."""
    return statistics.median(log_ratio(*one_round) for one_round in zip(base, head, strict=True))
