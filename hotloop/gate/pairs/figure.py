"""The one number of a pair, from the samples of both sides: pure.

Most benchmarks cost the same in each call. There the median over rounds is best: what disturbs the
machine for a moment spoils a few rounds and no more. But where one call in many costs far more
than the others (a buffer that is written out, a cache that is emptied, random input), a median
shows what most calls cost and nothing of the rest, however slow that becomes. So there all samples
count.

Which of the two it is depends on both sides alike: swap them, and the number changes its sign and
nothing else, as it has to (docs/method.md).
"""

import math
import statistics
from collections.abc import Sequence

from hotloop.gate.pairs.slices import log_ratio

# The mean of the samples over their median. On a busy machine (load average 10) it passed 1.2 in 2
# to 3 % of the pairs of benchmarks whose calls are all alike, and was 1.31 at most (432 pairs).
# Medians scatter less there, so noise must not make a benchmark uneven.
UNEVEN = 1.5


def figure(base: Sequence[float], head: Sequence[float]) -> tuple[float, float, float]:
    """log(head/base), and what base and head cost, from as many samples of each."""
    if is_uneven(base) or is_uneven(head):
        costs = statistics.fmean(base), statistics.fmean(head)
        return log_ratio(*costs), *costs
    ratio = statistics.median(log_ratio(*one_round) for one_round in zip(base, head, strict=True))
    return ratio, statistics.median(base), statistics.median(head)


def is_uneven(samples: Sequence[float]) -> bool:
    """Whether some samples are so much larger than most that a median hides what they cost."""
    middle = statistics.median(samples)
    return 0 < middle < math.inf and statistics.fmean(samples) > UNEVEN * middle
