"""How sure a factor is, and when more sets of processes are measured to be surer.

A factor and its interval come from the sets of processes, one value a set: the median of the
ratios of neighbouring rounds (``stats.neighbours``). Of equal code, the two processes of a set are
exchangeable, so that the signed-rank interval over the sets is exact (``stats.signed_rank``).

A comparison may look twice: where the planned sets nearly tell two contenders apart, more are
measured. Each look may miss half as often as the factor may, so that what decides about the second
look is free: whatever it is, the two together miss no more often (Bonferroni's bound; the designs
of Pocock 1977, "Group sequential methods in the design and analysis of clinical trials",
Biometrika 64, 191-199, doi:10.1093/biomet/64.2.191, gain a little on it, but fix when to look).
"""

import math
from collections.abc import Iterator, Sequence

from hotloop.stats import signed_rank
from hotloop.stats.interval import Interval
from hotloop.stats.neighbours import log_ratio, turns
from hotloop.timing.record import Run

# All factors of a table hold together with this confidence.
CONFIDENCE = 0.99
LOOKS = 2
# What the second look adds to the sets of the first.
ADDED_PART = 2 / 3
# A p-value up to so many times the one that tells apart has nearly done so. Of two equal
# contenders, one comparison in ten or fewer comes near by chance, and takes longer.
NEAR = 20


def comparisons(contenders: int) -> int:
    """How many factors a table has: to the reference, and to the row before where that is another.

    At least 1, so that a table of one row has a level of confidence.
    """
    return max(1, 2 * contenders - 3)


def confidence_of_each(pairs: int) -> float:
    """The confidence of each of ``pairs`` factors that hold together with ``CONFIDENCE``."""
    return 1 - (1 - CONFIDENCE) / pairs


def fewest_sets(pairs: int, looks: int = 1) -> int:
    """So many sets of processes can tell ``pairs`` apart together with ``CONFIDENCE`` at a look."""
    # All values on one side: a chance of 2 ** -n on each.
    return math.ceil(1 + math.log2(looks * pairs / (1 - CONFIDENCE)))


def factor_interval(logs: Sequence[float], confidence: float, looks: int = 1) -> Interval:
    """What holds for the centre of the sets' logarithms with ``confidence``, after all looks."""
    miss = (1 - confidence) / looks
    found = signed_rank.interval(logs, 1 - miss)
    # The other look, made or not, may have missed as often as it is allowed to.
    reached = max(0.0, found.confidence - (looks - 1) * miss)
    return Interval(found.estimate, found.low, found.high, reached, found.n)


def log_factors(ours: Sequence[Run], theirs: Sequence[Run]) -> list[float]:
    """The logarithm of how many times as fast ours are, for each set that both were part of."""
    known = {run.process: run for run in theirs}
    return [
        log_ratio(turns(other.samples_s, other.rounds), turns(run.samples_s, run.rounds))
        for run in sorted(ours, key=lambda run: run.process)
        if (other := known.get(run.process)) is not None
    ]


def added_sets(runs: Sequence[Run], reference: str, confidence: float) -> int:
    """How many sets the second of two looks adds: 0 where none of the table's factors is near.

    ``confidence`` is that of one factor with both looks.
    """
    # Of one side at one look.
    tail = (1 - confidence) / LOOKS / 2
    if any(tail < _p_value(logs) <= NEAR * tail for logs in _tabled(runs, reference)):
        return math.ceil(ADDED_PART * len({run.process for run in runs}))
    return 0


def _p_value(logs: Sequence[float]) -> float:
    """Of the likelier side, that one contender is faster than the other."""
    return min(signed_rank.p_value_above(logs, 0.0), signed_rank.p_value_below(logs, 0.0))


def _tabled(runs: Sequence[Run], reference: str) -> Iterator[list[float]]:
    """The sets' logarithms of each factor that a table has."""
    by_name: dict[str, list[Run]] = {}
    for run in runs:
        by_name.setdefault(run.contender, []).append(run)
    before = reference
    for name, ours in by_name.items():
        for other in {reference, before} - {name}:
            if logs := log_factors(ours, by_name.get(other, [])):
                yield logs
        before = name
