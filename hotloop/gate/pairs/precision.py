"""Whether a pair has been sampled for long enough: pure.

Pairs also differ from each other, by the luck of their memory layouts. Once a pair's own error is
small beside that, another pair says more than the rest of this one.

How far the samples scatter decides, never which side is quicker: swap the two sides, and the
pair ends after the same round. So on equal commits its figure stays symmetric about 0.

The first pairs of a benchmark end sooner. If it did not change, and most have not, they are all
that it needs, and a few rough pairs show that as well as a few good ones. Which pairs these are
depends on their numbers alone, never on what the earlier ones have shown.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.gate.pairs.figure import is_uneven
from hotloop.gate.pairs.slices import SamplingPlan, log_ratio
from hotloop.stats.spread import robust_deviation

# Of the standard error of a median to that of a mean (Kenney and Keeping 1962, section 14.8).
ERROR_OF_A_MEDIAN = math.sqrt(math.pi / 2)


@dataclass(frozen=True, slots=True)
class Precision:
    """How well a pair has to give its ratio: its standard error is ``error`` at most.

    A spread that is estimated from few values says little: of eight it is off by a third. So there
    must be ``rounds`` or more and, where copies take them, ``copies``, which must agree besides.
    """

    error: float
    rounds: int
    copies: int


# Quiet pairs of one benchmark differ by 0.1 to 0.5 %; this adds a tenth to 0.4 %.
USUAL = Precision(error=0.002, rounds=8, copies=4)
# Pairs that differ by 0.5 % in all need hardly more of them to be the same than quieter ones.
AT_FIRST = Precision(error=0.004, rounds=5, copies=3)
# So many pairs of a benchmark are its first: hardly one that is the same and quiet takes more.
FIRST_PAIRS = 6


def wanted_of(number: int) -> Precision:
    """How precise the ``number``-th pair of a benchmark has to be, from 1."""
    return AT_FIRST if number <= FIRST_PAIRS else USUAL


def is_settled(
    base: Sequence[float], head: Sequence[float], plan: SamplingPlan, wanted: Precision
) -> bool:
    """Whether the samples so far, seconds in each round, give the ratio of the pair well enough."""
    if standard_error(base, head, plan.deal, wanted) > wanted.error:
        return False
    return not is_uneven(base, head, plan.clock)


def standard_error(
    base: Sequence[float], head: Sequence[float], deal: int, wanted: Precision
) -> float:
    """Of the median over rounds of log(head/base); infinite if there are too few to say.

    ``deal`` rounds are of the same two copies, and share their luck; 0: there are no copies. So the
    error is estimated from the rounds and from the copies' medians, and the larger one counts. It
    is infinite too if most values are the same, but not all: a clock with coarse ticks hides how
    far they scatter.
    """
    ratios = [log_ratio(*one_round) for one_round in zip(base, head, strict=True)]
    error = _error_of_median(ratios, wanted.rounds)
    if not deal:
        return error
    copies = [statistics.median(ratios[k : k + deal]) for k in range(0, len(ratios), deal)]
    return max(error, _error_of_median(copies, wanted.copies))


def _error_of_median(values: Sequence[float], fewest: int) -> float:
    if len(values) < fewest or not all(map(math.isfinite, values)):
        return math.inf
    deviation = robust_deviation(values)
    if deviation == 0 and len(set(values)) > 1:
        return math.inf
    return ERROR_OF_A_MEDIAN * deviation / math.sqrt(len(values))
