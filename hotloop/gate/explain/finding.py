"""What swaps and profiles amount to: pure.

A part is named if base's version of it surely gives something back, and not too little: the lower
bound, corrected for the number of swaps and of looks that there can be, is above 0, and the
estimate is a fifth of the change at least, and half a per cent.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hotloop.gate.explain.swaps import Trial
from hotloop.stats import signed_rank

CONFIDENCE = 0.95
# A swap gets so many pairs, and as many again if these leave it open.
PAIRS = 9
LOOKS = 2
MOST_SWAPS = 6
SMALLEST_PART = 0.2
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


def gain(trial: Trial, log_ratio: float) -> Gain | None:
    """The gain of a trial, of a change of ``log_ratio``; None if it proves nothing."""
    if trial.rejected is not None or len(trial.gains) < PAIRS:
        return None
    found = signed_rank.interval(trial.gains, 1 - (1 - CONFIDENCE) / (MOST_SWAPS * LOOKS))

    def share(log_gain: float) -> float:
        return math.exp(log_ratio) - math.exp(log_ratio - log_gain)

    sign = math.copysign(1.0, log_ratio)
    low, estimate, high = (share(each) for each in (found.low, found.estimate, found.high))
    surely = (low if sign > 0 else -high) > 0
    part = estimate / (math.exp(log_ratio) - 1)
    is_enough = part >= SMALLEST_PART and abs(estimate) >= SMALLEST_SHARE
    return Gain(estimate, low, high, is_enough and surely, is_enough and not surely)


def explained(gains: Sequence[Gain], log_ratio: float) -> float:
    """Which part of the change those that were shown explain together."""
    return sum(each.share for each in gains if each.is_shown) / (math.exp(log_ratio) - 1)
