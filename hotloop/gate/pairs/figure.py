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
from collections.abc import Mapping, Sequence

from hotloop.gate.model import Side
from hotloop.gate.pairs.slices import log_ratio

Samples = Mapping[Side, Sequence[float]]
"""Of one process of each side; as many of both."""

# The mean of the samples over their median. On a busy machine (load average 10) it passed 1.2 in 2
# to 3 % of the pairs of benchmarks whose calls are all alike, and was 1.31 at most (432 pairs).
# Medians scatter less there, so noise must not make a benchmark uneven.
UNEVEN = 1.5
# How far, as a logarithm, all samples together and their median may differ in what they say of
# head over base, where the thread's CPU time is read: a tenth. In 112 such pairs of equal code it
# was 0.044 at most, at a load average of 20 on two CPUs. The wall clock shows other programs.
APART = 0.1
CPU = ("cpu", "undisturbed")
# The same of several takes and of their quickest processes. Where only some of head's processes are
# slower, this shows it from +15 % on; what luck costs one of three, 9 % at most, stays below.
TAKES_APART = 0.05


def figure(takes: Sequence[Samples], clock: str | None) -> tuple[float, float, float]:
    """log(head/base), and what base and head cost, from as many samples of each in every take.

    Of several takes the quickest process of each side counts. ``clock``: the plan's, which timed
    them; None: they are no times.
    """
    base, head = ([one for take in takes for one in take[side]] for side in (Side.BASE, Side.HEAD))
    means = statistics.fmean(base), statistics.fmean(head)
    quickest = _quickest(takes, Side.BASE), _quickest(takes, Side.HEAD)
    ratio = _typical(base, head) if len(takes) == 1 else log_ratio(*quickest)
    hides_processes = len(takes) > 1 and abs(log_ratio(*means) - ratio) > TAKES_APART
    if hides_processes or is_uneven(base, head, clock):
        return log_ratio(*means), *means
    return ratio, *quickest


def is_uneven(base: Sequence[float], head: Sequence[float], clock: str | None) -> bool:
    """Whether some samples are so much larger than most that a median hides what they cost."""
    middles = statistics.median(base), statistics.median(head)
    if not all(0 < middle < math.inf for middle in middles):
        return False
    means = statistics.fmean(base), statistics.fmean(head)
    if any(mean > UNEVEN * middle for mean, middle in zip(means, middles, strict=True)):
        return True
    return clock in CPU and abs(log_ratio(*means) - _typical(base, head)) > APART


def _quickest(takes: Sequence[Samples], side: Side) -> float:
    return min(statistics.median(take[side]) for take in takes)


def _typical(base: Sequence[float], head: Sequence[float]) -> float:
    """The median over rounds of log(head/base)."""
    return statistics.median(log_ratio(*one_round) for one_round in zip(base, head, strict=True))
