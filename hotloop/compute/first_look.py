"""What the first set of processes says, for who waits for the others.

It has no intervals: a set is one sample of each variant, however often it called it.
"""

import statistics
from collections.abc import Sequence

from hotloop.base.units import UNKNOWN, duration, factor
from hotloop.report.layout import Align, Column, Row, Table
from hotloop.timing.record import Run


def first_look(runs: Sequence[Run], reference: str) -> Table:
    """Each run's median time, and the factor to the reference's, if that ran."""
    medians_s = {run.contender: statistics.median(run.samples_s) for run in runs}
    reference_s = medians_s.get(reference)
    return Table(
        (Column("variant", Align.LEFT), Column("time"), Column(f"vs {reference}")),
        tuple(
            Row((name, duration(s), UNKNOWN if reference_s is None else factor(reference_s / s)))
            for name, s in medians_s.items()
        ),
    )
