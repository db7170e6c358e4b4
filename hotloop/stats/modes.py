"""Do the samples fall into two groups? Then no single number describes them.

The samples' logarithms are split in two where the variance between the halves is
largest (Otsu 1979, doi:10.1109/TSMC.1979.4310076). The halves count as two modes if
the distance of their means, in units of their spread, is far larger than splitting a
single mode would make it (Ashman, Bird and Zepf 1994, doi:10.1086/117248).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# With fewer samples the split finds groups in any values.
FEWEST_SAMPLES = 50
# Ashman's D after the best split: normal 2.7, uniform 3.5, exponential 3.0. Beyond 5 there
# is a valley between the halves.
LEAST_SEPARATION = 5.0
# A smaller group counts as outliers, which do not affect the median.
SMALLEST_HEAP = 0.1
# Two groups closer than this do not matter on a machine with 5 % of noise.
LEAST_DISTANCE = 0.05


@dataclass(frozen=True, slots=True)
class TwoModes:
    """The medians of the two groups, in the samples' unit, and the part in the upper one."""

    lower: float
    upper: float
    upper_part: float


def two_modes(samples: Sequence[float]) -> TwoModes | None:
    """The two groups of positive samples; None if there is one, or too few samples to say."""
    if len(samples) < FEWEST_SAMPLES or min(samples) <= 0:
        return None
    ordered = np.sort(np.log(np.asarray(samples, dtype=np.float64)))
    cut = _best_cut(ordered)
    below, above = ordered[:cut], ordered[cut:]
    upper_part = len(above) / len(ordered)
    distance = float(above.mean() - below.mean())
    spread = math.sqrt(float(below.var() + above.var()) / 2)
    if min(upper_part, 1 - upper_part) < SMALLEST_HEAP or distance < LEAST_DISTANCE:
        return None
    if distance <= LEAST_SEPARATION * spread:
        return None
    return TwoModes(
        lower=float(np.exp(np.median(below))),
        upper=float(np.exp(np.median(above))),
        upper_part=upper_part,
    )


def _best_cut(ordered: NDArray[np.float64]) -> int:
    """The index that maximises the variance between ``ordered[:cut]`` and ``ordered[cut:]``."""
    n = len(ordered)
    cuts = np.arange(1, n)
    sums = np.cumsum(ordered)
    mean_below = sums[:-1] / cuts
    mean_above = (sums[-1] - sums[:-1]) / (n - cuts)
    between = cuts * (n - cuts) * (mean_above - mean_below) ** 2
    return int(cuts[np.argmax(between)])
