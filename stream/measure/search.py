"""The search for the highest rate that a consumer sustains, as a fold over probe results.

Each probe offers one rate to a fresh topic and group.  The search first
brackets (up while the rate is sustained, down to what the consumer achieved
if it is not), then halves the bracket on a log scale:

    sustained          not sustained
    ----o------o---|---x-----------x--->  offered rate
       1st   2nd   4th 3rd

Pure: probes in, the next rate or the answer out.  The idea is the rate
controller of openmessaging-benchmark (RateController.java), which also takes
counts and gives a rate; this one refuses impossible counts.
"""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

# Sustained: lag grows by at most this share of the offered rate ...
LAG_GROWTH_ALLOWED = 0.01
# ... and at least this share of the offered rate is handled (or, for the
# generator, sent).
SHARE_DEMANDED = 0.99
# Timer and grid rounding can count a few records more than were offered.
SHARE_POSSIBLE = 1.05

GROWTH = 1.5
# Below what a saturated consumer achieved: when saturated, it batches better than
# while it keeps up.
BELOW_ACHIEVED = 0.95
SHRINK = 0.75
LOWEST_RATE_PER_S = 10.0
# Answers closer together than this are the same within the noise of a probe.
RESOLUTION = 0.06
MAX_PROBES = 12
# A generator that was late once, at a rate below one that it has sent, gets another chance.
MOST_TRIES = 2


class LimitedBy(enum.Enum):
    """What kept a rate from being higher."""

    NOTHING = "nothing"
    CONSUMER = "consumer"
    GENERATOR = "generator"
    PROBES = "probes"


@dataclass(frozen=True, slots=True)
class Probe:
    """What was offered, and what came of it.

    ``sent_per_s`` is the generator's own rate, ``handled_per_s`` the
    consumer's in the measured window, ``lag_slope_per_s`` the growth of the
    lag in records a second.  ``sent`` and ``handled`` count different records
    over the whole probe.  ``is_throttled``: brokers made the generator wait (a
    quota), so that records came late for which the consumer is not to blame.
    """

    offered_per_s: float
    sent_per_s: float
    handled_per_s: float
    lag_slope_per_s: float
    sent: int
    handled: int
    is_throttled: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.offered_per_s) and self.offered_per_s > 0):
            raise ValueError(f"an offered rate is above 0, not {self.offered_per_s}")
        if not 0 <= self.handled <= self.sent:
            raise ValueError(f"{self.handled} records handled of {self.sent} sent cannot be")
        if not 0 <= self.sent_per_s <= self.offered_per_s * SHARE_POSSIBLE:
            raise ValueError(
                f"{self.sent_per_s:.0f}/s sent of {self.offered_per_s:.0f}/s offered cannot be"
            )
        if not (math.isfinite(self.lag_slope_per_s) and self.handled_per_s >= 0):
            raise ValueError(
                f"no probe has {self.handled_per_s} records/s and a slope of {self.lag_slope_per_s}"
            )

    @property
    def limited_by(self) -> LimitedBy:
        """NOTHING if the offered rate was sustained, else what failed to keep it."""
        if self.sent_per_s < SHARE_DEMANDED * self.offered_per_s:
            return LimitedBy.GENERATOR
        grows = self.lag_slope_per_s > LAG_GROWTH_ALLOWED * self.offered_per_s
        if not grows and self.handled_per_s >= SHARE_DEMANDED * self.offered_per_s:
            return LimitedBy.NOTHING
        return LimitedBy.GENERATOR if self.is_throttled else LimitedBy.CONSUMER


@dataclass(frozen=True, slots=True)
class Next:
    """The search continues with a probe at this rate."""

    offered_per_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The search is over.

    ``sustained_per_s`` is the highest rate that was sustained, None if none
    was; ``failed_per_s`` the lowest that was not, None if all were.
    ``limited_by`` says what ended the search: the CONSUMER (the two are close
    together), the GENERATOR (the consumer could take more), or the number of
    PROBES.
    """

    sustained_per_s: float | None
    failed_per_s: float | None
    limited_by: LimitedBy


def proceed(probes: Sequence[Probe], first_per_s: float) -> Next | Answer:
    """What follows from the probes so far; ``first_per_s`` is where to begin."""
    if not probes:
        return Next(first_per_s)
    sustained = _highest(probes, LimitedBy.NOTHING)
    failed = min(
        (p.offered_per_s for p in probes if p.limited_by is LimitedBy.CONSUMER), default=None
    )
    unsendable = [p for p in probes if p.limited_by is LimitedBy.GENERATOR]
    if sustained is not None and failed is not None and failed <= sustained * (1 + RESOLUTION):
        return Answer(sustained, failed, LimitedBy.CONSUMER)
    if len(probes) >= MAX_PROBES:
        return Answer(sustained, failed, LimitedBy.PROBES)
    if sustained is not None and failed is not None:
        middle = math.sqrt(sustained * failed)
        tried = sum(math.isclose(probe.offered_per_s, middle) for probe in unsendable)
        if tried >= MOST_TRIES:
            return Answer(sustained, failed, LimitedBy.GENERATOR)
        return Next(middle)
    if unsendable and failed is None:
        sendable = min(p.sent_per_s for p in unsendable) * BELOW_ACHIEVED
        if sustained is not None and sendable <= sustained * (1 + RESOLUTION):
            return Answer(sustained, None, LimitedBy.GENERATOR)
        return _down_to(sendable, sustained, LimitedBy.GENERATOR)
    if sustained is not None:
        return Next(sustained * GROWTH)
    slowest = min(
        (p for p in probes if p.limited_by is LimitedBy.CONSUMER), key=lambda p: p.offered_per_s
    )
    lower = min(slowest.handled_per_s * BELOW_ACHIEVED, slowest.offered_per_s * SHRINK)
    return _down_to(lower, None, LimitedBy.CONSUMER, failed)


def _highest(probes: Sequence[Probe], limited_by: LimitedBy) -> float | None:
    return max((p.offered_per_s for p in probes if p.limited_by is limited_by), default=None)


def _down_to(
    rate_per_s: float,
    sustained: float | None,
    limited_by: LimitedBy,
    failed: float | None = None,
) -> Next | Answer:
    if rate_per_s < LOWEST_RATE_PER_S:
        return Answer(sustained, failed, limited_by)
    return Next(rate_per_s)
