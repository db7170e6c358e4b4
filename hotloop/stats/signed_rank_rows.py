"""The signed-rank test of many samples at once, for simulations.

``signed_rank`` answers for one sample and explains the method; here each row of an
array is a sample, all of the same size. Tests check that the answers are the same.
"""

import functools
import math

import numpy as np
from numpy.typing import NDArray

from hotloop.stats.signed_rank import WINSORISED

Rows = NDArray[np.float64]
Counts = NDArray[np.int64]

# A p-value is never below the normal approximation's to the power 1 / this. In the extreme
# case, all n values on one side, it is 2**-n; the approximation gives about exp(-0.43 n).
NORMAL_CAUTION = 0.6
# Elements of a temporary array: 32 MB of them.
CHUNK = 4_000_000


def p_values_above(rows: Rows, centre: float, worth: float) -> Rows:
    """``signed_rank.p_value_above`` of each row of (m, n) finite values.

    Exact if it is at most ``worth``; 1.0 if it is clearly larger.
    """
    # Whoever only reads a result of simulations need not wait for it.
    from scipy.special import ndtr

    distances = rows - centre
    order = np.abs(distances).argsort(axis=1)
    ordered = distances[np.arange(len(rows))[:, None], order]
    scores = _doubled_scores(np.abs(ordered))
    against = np.where(ordered <= 0, scores, 0).sum(axis=1)
    n = rows.shape[1]
    has_ties = scores is not _scores_without_ties(n)
    mean, deviation = _spread(scores) if has_ties else _spread_without_ties(n)
    approximate = ndtr((against - mean) / deviation)
    p_values = np.ones(len(rows))
    near = np.flatnonzero(approximate <= worth**NORMAL_CAUTION)
    if near.size and len(scores) == 1:
        p_values[near] = _lower_tails_of_one(scores[0], against[near])
    elif near.size:
        p_values[near] = _lower_tails(scores[near], against[near])
    return p_values


def _spread(scores: Counts) -> tuple[Rows, Rows]:
    """Mean and standard deviation of the sum of each row's scores, if signs are fair coins."""
    deviation: Rows = np.sqrt((scores.astype(np.float64) ** 2).sum(axis=1)) / 2
    return scores.sum(axis=1) / 2, deviation


def _doubled_scores(ordered: Rows) -> Counts:
    """Twice the winsorised average rank in each row, whose sizes are in rising order.

    One row for all of them where none has ties.
    """
    n = ordered.shape[1]
    differs = ordered[:, 1:] != ordered[:, :-1]
    if differs.all():
        return _scores_without_ties(n)
    places = np.arange(n)
    largest = _largest(n)
    edge = np.ones((len(ordered), 1), dtype=np.bool_)
    begins = np.where(np.hstack([edge, differs]), places, 0)
    ends = np.where(np.hstack([differs, edge]), places, n)
    first = np.maximum.accumulate(begins, axis=1)
    last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    scores: Counts = np.minimum(first + last + 2, largest)
    return scores


@functools.lru_cache(maxsize=1024)
def _scores_without_ties(n: int) -> Counts:
    """(1, n): of any row."""
    scores: Counts = np.minimum(2 * np.arange(n) + 2, _largest(n))[None, :]
    return scores


@functools.lru_cache(maxsize=1024)
def _spread_without_ties(n: int) -> tuple[Rows, Rows]:
    return _spread(_scores_without_ties(n))


def _largest(n: int) -> int:
    return 2 * max(1, math.ceil((1.0 - WINSORISED) * n))


def _lower_tails_of_one(scores: Counts, sums: Counts) -> Rows:
    """As ``_lower_tails``, where all rows have the same scores."""
    most = int(sums.max())
    # A power of two, so that few lengths are asked for.
    tails: Rows = _all_lower_tails(tuple(scores.tolist()), 1 << most.bit_length())[sums]
    return tails


@functools.lru_cache(maxsize=128)
def _all_lower_tails(scores: tuple[int, ...], columns: int) -> Rows:
    """The chances of sums of 0, of 1 or less, ... below ``columns``."""
    return np.cumsum(_subset_counts(np.array([scores]), columns)[0]) * 0.5 ** len(scores)


def _lower_tails(scores: Counts, sums: Counts) -> Rows:
    """P(the scores of a fair coin's heads sum to ``sums`` or less), for each row.

    Counts subsets, up to the largest sum only; doubles do that exactly up to 53 scores.
    Rows with the same scores are counted once.
    """
    patterns, which = np.unique(scores, axis=0, return_inverse=True)
    which = which.reshape(-1)
    columns = int(sums.max()) + 1
    tails = np.empty(len(sums))
    step = max(1, CHUNK // columns)
    for start in range(0, len(patterns), step):
        part = patterns[start : start + step]
        cumulative = np.cumsum(_subset_counts(part, columns), axis=1)
        rows = np.flatnonzero((which >= start) & (which < start + step))
        tails[rows] = cumulative[which[rows] - start, sums[rows]] * 0.5 ** part.shape[1]
    return tails


def _subset_counts(scores: Counts, columns: int) -> Rows:
    """How many subsets of each row of scores have the sum 0, 1, ... below ``columns``."""
    counts = np.zeros((len(scores), columns))
    counts[:, 0] = 1.0
    for column in scores.T:
        if column.min() >= columns:
            break  # the scores rise, so no later one fits into such a small sum
        values = np.unique(column) if len(column) > 1 else column
        for value in values[values < columns]:
            # A slice if all rows agree, as they do in the winsorised half: much faster.
            rows = slice(None) if len(values) == 1 else np.flatnonzero(column == value)
            part = counts[rows]
            moved = part[:, : columns - value].copy()
            part[:, value:] += moved
            if len(values) > 1:
                counts[rows] = part
    return counts
