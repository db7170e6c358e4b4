"""What swaps and profiles amount to: pure.

A part is named if base's version of it surely gives something back, and not too little: the lower
bound, corrected for the number of swaps and of looks that there can be, is above 0, and the
estimate is a fifth of the change at least, and half a per cent. Where all parts that changed give
back more than twice as much together as those that are named, the change is spread, and none is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hotloop.gate.explain.swaps import Trial
from hotloop.stats import signed_rank

# How often anything may be named though all that was tried costs nothing.
FALSE_NAMES = 0.01
# A swap gets as many pairs as can be sure, and as many again if these leave it open.
LOOKS = 2
SMALLEST_PART = 0.2
# What is named gives back so much of what all parts give back together.
MOST_OF_IT = 0.5
SMALLEST_SHARE = 0.005
# With this much explained, nobody looks for more.
ENOUGH = 0.8


@dataclass(frozen=True, slots=True)
class Gain:
    """What a swap gives back, as fractions of base's time.

    ``is_shown``: enough to be named, surely. ``is_open``: enough, but not surely.
    """

    share: float
    low: float
    high: float
    is_shown: bool
    is_open: bool


class Tried(NamedTuple):
    """A trial, and what it gave back; None: it proves nothing."""

    trial: Trial
    gain: Gain | None


def fewest_pairs(swaps: int) -> int:
    """So many pairs can be sure, if there are at most so many swaps."""
    return signed_rank.fewest(_level(swaps))


def gain(trial: Trial, log_ratio: float, swaps: int) -> Gain | None:
    """The gain of one of at most so many trials, of a change of ``log_ratio``.

    None if it proves nothing.
    """
    if trial.rejected is not None or len(trial.gains) < fewest_pairs(swaps):
        return None
    # Its lower bound alone decides.
    found = signed_rank.interval(trial.gains, 1 - 2 * _level(swaps))

    def share(log_gain: float) -> float:
        return math.exp(log_ratio) - math.exp(log_ratio - log_gain)

    sign = math.copysign(1.0, log_ratio)
    low, estimate, high = (share(each) for each in (found.low, found.estimate, found.high))
    surely = (low if sign > 0 else -high) > 0
    part = estimate / (math.exp(log_ratio) - 1)
    is_enough = part >= SMALLEST_PART and abs(estimate) >= SMALLEST_SHARE
    return Gain(estimate, low, high, is_enough and surely, is_enough and not surely)


def _level(swaps: int) -> float:
    """How often one look at one of so many swaps may be wrong (Bonferroni)."""
    return FALSE_NAMES / (swaps * LOOKS)


def explained(gains: Sequence[Gain], log_ratio: float) -> float:
    """Which part of the change those that were shown explain together."""
    return sum(each.share for each in gains if each.is_shown) / (math.exp(log_ratio) - 1)


def is_cleared(alone: Gain | None, whole: Gain) -> bool:
    """Whether a part surely gives back too little of what all parts give back together."""
    if alone is None:
        return False
    most = alone.high if whole.share > 0 else -alone.low
    return most < MOST_OF_IT * abs(whole.share)


def is_spread(named: Sequence[Gain], whole: Gain | None) -> bool:
    """Whether those that are named give back too little of what all parts give back together."""
    if whole is None or not whole.is_shown:
        return False
    return abs(sum(each.share for each in named)) < MOST_OF_IT * abs(whole.share)
