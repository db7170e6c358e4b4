"""The sequential rule for many runs at once: ``decide.judge``, row by row, for simulations.

It says only at which look which verdict falls, not the estimates. That it decides
exactly as ``decide.judge`` does is tested on random rows, ties and infinities included.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotloop.gate import decide
from hotloop.gate.decide import Rule, Verdict
from hotloop.stats import signed_rank_rows
from hotloop.stats.signed_rank_rows import Counts, Rows

Flags = NDArray[np.bool_]

# The order in which a look asks.
DECIDABLE = (Verdict.SLOWER, Verdict.FASTER, Verdict.SAME)
# In ``Walks.pairs``: no look decided.
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Walks:
    """For each of m rows the number of pairs at the look that decided, and its verdict.

    ``pairs`` is (m,) int64, ``NEVER`` where no look decided; ``verdicts`` (m,) int64
    places in ``DECIDABLE``, -1 where no look decided.
    """

    pairs: Counts
    verdicts: Counts

    def are(self, verdict: Verdict) -> Flags:
        """Which rows were decided so."""
        flags: Flags = self.verdicts == DECIDABLE.index(verdict)
        return flags


def walk(rule: Rule, rows: Rows) -> Walks:
    """Walk the looks of each row of (m, n) log ratios; rows that are decided drop out."""
    rows = _held(rows)
    pairs = np.full(len(rows), NEVER, dtype=np.int64)
    verdicts = np.full(len(rows), -1, dtype=np.int64)
    is_open = np.arange(len(rows))
    tests = 0
    for look in range(1, rows.shape[1] + 1):
        if not is_open.size:
            break
        if not decide.is_look(rule, look):
            continue
        tests += look >= rule.first_look
        found = _look(rule, rows[is_open, :look], tests)
        decided = found >= 0
        pairs[is_open[decided]] = look
        verdicts[is_open[decided]] = found[decided]
        is_open = is_open[~decided]
    return Walks(pairs, verdicts)


def end_as_same(rule: Rule, rows: Rows) -> Flags:
    """Which of the undecided rows of (m, n) are called the same where sampling stops."""
    return _are_same(rule, _held(rows))


def _look(rule: Rule, rows: Rows, tests: int) -> Counts:
    """The place in ``DECIDABLE`` of each row's verdict at the ``tests``-th test, -1: none."""
    found = np.full(len(rows), -1, dtype=np.int64)
    floor = math.log1p(rule.floor)
    if tests:
        for verdict, claimed in ((Verdict.SLOWER, rows), (Verdict.FASTER, -rows)):
            level = rule.level(tests, verdict)
            p_values = signed_rank_rows.p_values_above(claimed, floor, level)
            # In the order of decide.judge's own arithmetic, so that both round alike.
            adjusted = p_values / (level / rule.false_alarms)
            found[(found < 0) & (adjusted <= rule.false_alarms)] = DECIDABLE.index(verdict)
    left = np.flatnonzero(found < 0)
    same = left[_are_same(rule, rows[left])]
    found[same] = DECIDABLE.index(Verdict.SAME)
    return found


def _are_same(rule: Rule, rows: Rows) -> Flags:
    bound = math.log1p(rule.margin)
    below = signed_rank_rows.p_values_above(-rows, -bound, decide.SAME_LEVEL)
    above = signed_rank_rows.p_values_above(rows, -bound, decide.SAME_LEVEL)
    same: Flags = (below <= decide.SAME_LEVEL) & (above <= decide.SAME_LEVEL)
    return same


def _held(rows: Rows) -> Rows:
    return np.clip(rows, -decide.LARGEST_LOG_RATIO, decide.LARGEST_LOG_RATIO)
