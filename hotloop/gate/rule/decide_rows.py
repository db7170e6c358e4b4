"""The sequential rule for many runs at once: ``decide.judge``, row by row, for simulations.

It gives only the verdict and its look, not the estimates. Tests compare it with
``decide.judge`` on random rows, ties and infinities included.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotloop.gate.rule import decide
from hotloop.gate.rule.decide import Rule
from hotloop.gate.verdicts import Verdict
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

    ``pairs`` is (m,) int64, ``NEVER`` if no look decided; ``verdicts`` is (m,) int64, an index
    into ``DECIDABLE``, -1 if no look decided.
    """

    pairs: Counts
    verdicts: Counts

    def are(self, verdict: Verdict) -> Flags:
        """Which rows have this verdict."""
        flags: Flags = self.verdicts == DECIDABLE.index(verdict)
        return flags


def walk(rule: Rule, rows: Rows, most: Counts | None = None) -> Walks:
    """Walk the looks of each row of (m, n) log ratios; rows that are decided drop out.

    ``most`` (m,) is how many pairs each row may take; without it, all n.
    """
    pairs = np.full(len(rows), NEVER, dtype=np.int64)
    verdicts = np.full(len(rows), -1, dtype=np.int64)
    is_open = np.arange(len(rows))
    for look_pairs in looks(rule, rows.shape[1]):
        if most is not None:
            is_open = is_open[most[is_open] >= look_pairs]
        if not is_open.size:
            break
        found = look(rule, rows[is_open, :look_pairs])
        decided = found >= 0
        pairs[is_open[decided]] = look_pairs
        verdicts[is_open[decided]] = found[decided]
        is_open = is_open[~decided]
    return Walks(pairs, verdicts)


@functools.lru_cache(maxsize=64)
def looks(rule: Rule, most: int) -> tuple[int, ...]:
    """After how many pairs there is a look, up to ``most``."""
    return tuple(pairs for pairs in range(1, most + 1) if decide.is_look(rule, pairs))


def look(rule: Rule, rows: Rows) -> Counts:
    """What a look at (m, n) log ratios finds: indices into ``DECIDABLE``, -1 for no verdict.

    The rows are those that no look at fewer pairs has decided.
    """
    found = np.full(len(rows), -1, dtype=np.int64)
    rows = _held(rows)
    floor = math.log1p(rule.floor)
    for verdict, claimed in ((Verdict.SLOWER, rows), (Verdict.FASTER, -rows)):
        number = rule.look_after(rows.shape[1], verdict)
        if number:
            level = rule.level(number, verdict)
            p_values = signed_rank_rows.p_values_above(claimed, floor, level)
            # In the same order of operations as decide.judge, so that both round alike.
            adjusted = p_values / (level / rule.false_alarms)
            found[(found < 0) & (adjusted <= rule.false_alarms)] = DECIDABLE.index(verdict)
    left = np.flatnonzero(found < 0)
    same = left[_are_same(rule, rows[left])]
    found[same] = DECIDABLE.index(Verdict.SAME)
    return found


def end_as_same(rule: Rule, rows: Rows) -> Flags:
    """Which of the undecided rows of (m, n) are called the same when sampling stops."""
    return _are_same(rule, _held(rows))


def _are_same(rule: Rule, rows: Rows) -> Flags:
    pairs = rows.shape[1]
    margin, floor = math.log1p(rule.margin), math.log1p(rule.floor)
    veto = decide.same_veto(rule, pairs)
    # Each test asks only about the rows that the one before it leaves.
    same = _allows(-rows, -margin, decide.SAME_LEVEL)
    same[same] = _allows(rows[same], -margin, decide.SAME_LEVEL)
    for bounds in decide.intervals(pairs):
        low, high = bounds(rows, decide.STUDENT_LEVEL)
        same |= (-margin <= low) & (high <= margin)
    same[same] = ~_allows(rows[same], floor, veto)
    return same


def _allows(rows: Rows, centre: float, level: float) -> Flags:
    """Which rows lie above ``centre`` at this level."""
    flags: Flags = signed_rank_rows.p_values_above(rows, centre, level) <= level
    return flags


def _held(rows: Rows) -> Rows:
    return np.clip(rows, -decide.LARGEST_LOG_RATIO, decide.LARGEST_LOG_RATIO)
