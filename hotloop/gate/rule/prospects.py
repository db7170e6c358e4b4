"""Whether a benchmark may still be decided in the time that is left: stopping for futility.

The error of the estimate shrinks with the square root of the number of pairs, so what a later look
will need is known beforehand. A benchmark has prospects if a centre within ``REACH`` standard
errors of its estimate would do. This is a forecast as if the noise were normal; it only chooses who
gets the next pair. No false alarm depends on it: who is given up is never flagged afterwards
(docs/gate-method.md, "Who gets the next pair"; Jennison and Turnbull 1999,
doi:10.1201/9780367805326, section 5.4 and chapter 10: futility that may be overruled costs no error
of the first kind).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from hotloop.gate.rule import decide
from hotloop.gate.rule.decide import CONFIDENCE, SAME_LEVEL, Rule
from hotloop.gate.verdicts import Verdict
from hotloop.stats import signed_rank

_NORMAL = NormalDist()

# So far from its estimate the true centre lies once in a thousand times on either side: giving up
# one that is slower has to be rare.
REACH = 3.0


@dataclass(frozen=True, slots=True)
class Prospects:
    """The estimate of log(head/base) after so many ``pairs``, and its standard ``error``."""

    estimate: float
    error: float
    pairs: int

    @classmethod
    def of(cls, log_ratios: Sequence[float]) -> "Prospects":
        """From the pairs so far, at least one."""
        values = decide.held(log_ratios)
        interval = signed_rank.interval(values, CONFIDENCE)
        deviations = _NORMAL.inv_cdf((1.0 + interval.confidence) / 2)
        error = (interval.high - interval.low) / 2 / deviations
        return cls(interval.estimate, error, len(values))

    def may_be_flagged(self, rule: Rule, most_pairs: float) -> bool:
        """Whether a look within ``most_pairs`` may call it slower or faster."""
        return self._may_be(Verdict.SLOWER, self.estimate, rule, most_pairs) or self._may_be(
            Verdict.FASTER, -self.estimate, rule, most_pairs
        )

    def _may_be(self, claim: Verdict, estimate: float, rule: Rule, most_pairs: float) -> bool:
        """``estimate``: of how much it is what is claimed."""
        above = estimate + REACH * self.error - math.log1p(rule.floor)
        # Otherwise no number of pairs would do, and there is no end of looks.
        if above <= 0:
            return False
        for number, pairs in enumerate(rule.looks(claim), 1):
            if pairs > most_pairs:
                return False
            needed = -_NORMAL.inv_cdf(rule.level(number, claim)) * self._error_after(pairs)
            if pairs > self.pairs and above >= needed:
                return True
        raise AssertionError("there is no end of looks")

    def may_be_same(self, rule: Rule, most_pairs: float) -> bool:
        """Whether ``most_pairs`` may rule out a slowdown and a speed-up of the margin."""
        nearest = max(0.0, abs(self.estimate) - REACH * self.error)
        needed = -_NORMAL.inv_cdf(SAME_LEVEL) * self._error_after(most_pairs)
        return nearest + needed <= math.log1p(rule.margin)

    def _error_after(self, pairs: float) -> float:
        return self.error * math.sqrt(self.pairs / max(pairs, self.pairs))
