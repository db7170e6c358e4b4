"""How much builds of equal code differ in time, apart from the noise between pairs of processes.

One run compares two builds; each build has an offset of its own, the same in all its runs:

    mean of a run's pairs = offset of head - offset of base + noise,  offsets ~ Normal(0, sd^2)

The noise of a mean is known from the scatter of its pairs. What is left is the builds': a linear
model with one variance component, whose likelihood has one unknown. The estimate is its maximum,
the interval has all values whose likelihood ratio a test at 5 % does not reject (Searle, Casella
and McCulloch 1992, "Variance Components", chapter 6, doi:10.1002/9780470316856). Kalibera and Jones
2013 (doi:10.1145/2464157.2464160) call it the top level of the experiment.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotloop.stats.spread import robust_deviation

# 2 (log likelihood at its maximum - at a bound): chi-squared, one degree of freedom, 95 %.
WITHIN = 3.841
# Pairs beyond so many robust deviations count as if they were there.
REACH = 3.0
LARGEST_SD = 1.0
STEPS = 400


@dataclass(frozen=True, slots=True)
class Compared:
    """The pairs of one benchmark in one run: log(head/base), and which builds they compare."""

    base: str
    head: str
    pairs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviations as fractions: of a build's offset, with its 95 % interval, of a pair."""

    builds: float
    low: float
    high: float
    pairs: float


def spread(runs: Sequence[Compared]) -> Spread | None:
    """None with fewer than two runs that have two pairs or more."""
    usable = [run for run in runs if len(run.pairs) > 1]
    if len(usable) < 2:
        return None
    held = [_held(run.pairs) for run in usable]
    means = np.array([statistics.fmean(values) for values in held])
    variances = [statistics.variance(values) for values in held]
    freedom = sum(len(values) - 1 for values in held)
    pooled = math.fsum(v * (len(x) - 1) for v, x in zip(variances, held, strict=True)) / freedom
    errors = np.array([max(pooled, v) / len(x) for v, x in zip(variances, held, strict=True)])
    design = _design(usable)
    smallest = math.sqrt(float(errors.min())) / 100 or 1e-9
    sds = np.concatenate([[0.0], np.geomspace(smallest, LARGEST_SD, STEPS)])
    likelihoods = _log_likelihoods(means, design, errors, sds)
    best = int(likelihoods.argmax())
    inside = sds[2 * (likelihoods[best] - likelihoods) <= WITHIN]
    return Spread(float(sds[best]), float(inside[0]), float(inside[-1]), math.sqrt(pooled))


def _held(pairs: Sequence[float]) -> list[float]:
    middle, reach = statistics.median(pairs), REACH * robust_deviation(pairs)
    return [min(max(pair, middle - reach), middle + reach) for pair in pairs]


def _design(runs: Sequence[Compared]) -> NDArray[np.float64]:
    """(runs, builds): +1 for a run's head, -1 for its base."""
    builds = sorted({name for run in runs for name in (run.base, run.head)})
    design = np.zeros((len(runs), len(builds)))
    for row, run in enumerate(runs):
        design[row, builds.index(run.head)] += 1
        design[row, builds.index(run.base)] -= 1
    return design


def _log_likelihoods(
    means: NDArray[np.float64],
    design: NDArray[np.float64],
    errors: NDArray[np.float64],
    sds: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Of each standard deviation."""
    errors = np.maximum(errors, 1e-18)
    # Divided by the errors, the covariances are sd^2 D D' + 1: the same axes for every sd.
    scale = 1 / np.sqrt(errors)
    lengths, axes = np.linalg.eigh((design @ design.T) * np.outer(scale, scale))
    stretched = 1 + sds[:, None] ** 2 * np.maximum(lengths, 0.0)
    log_determinants = np.log(errors).sum() + np.log(stretched).sum(axis=1)
    weighed = ((axes.T @ (scale * means)) ** 2 / stretched).sum(axis=1)
    likelihoods: NDArray[np.float64] = -(log_determinants + weighed) / 2
    return likelihoods
