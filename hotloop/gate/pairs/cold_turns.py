"""Whether a turn finds the core's caches as the other side has left them: pure.

    base   |cold warm|.........|cold warm|      a turn of two samples: the first finds what head's
    head   .........|cold warm|.........|       calls have touched, the second what its own have

A call that touches much memory finds it out of the caches at each turn, on both sides alike, so
that code which is three times as slow seems to be less slow. So some turns are tried in a
benchmark's first pair. If their first samples take noticeably longer than their second ones, each
turn begins with one that does not count. This depends on both sides alike: swap them, and it is the
same.
"""

import math
import statistics
from collections.abc import Mapping, Sequence

from hotloop.gate.model import Side, Timing
from hotloop.gate.pairs.slices import SamplingPlan, log_ratio

# Two samples of each side in each: the error of the median excess is 2 % where neighbouring samples
# differ by 8 %.
ROUNDS_TRIED = 12
# What does not count takes as long as what does. Less than this is not worth that.
EXCESS = 0.1


def may_be_cold(plan: SamplingPlan) -> bool:
    """Whether it is sampled in turns, and by CPU time: what waits varies more than that."""
    return plan.timing is Timing.TURNS and plan.pinned and plan.clock == "cpu"


def are_cold(tried: Mapping[Side, Sequence[float]]) -> bool:
    """Whether a side's first sample of a turn takes longer; ``tried`` has two of each turn."""
    return max(map(_excess, tried.values())) > math.log1p(EXCESS)


def _excess(samples: Sequence[float]) -> float:
    """The logarithm of how much longer the first of two takes, in the median."""
    pairs = zip(samples[::2], samples[1::2], strict=True)
    return statistics.median(log_ratio(second, first) for first, second in pairs)
