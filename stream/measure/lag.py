"""Whether a consumer keeps up: the slope of its lag over time.

Lag is the number of records that were planned but not yet handled.  Its size
alone says little (a consumer that fetches in batches always has some); a lag
that grows means that the consumer cannot keep up with the offered rate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Fine enough for hundreds of points in a few seconds, coarse enough that one
# fetched batch does not make a step between neighbours.
GRID_S = 0.02
MIN_POINTS = 3
NS_PER_S = 1e9


@dataclass(frozen=True, slots=True)
class Lag:
    """The lag of one consumer in one window of steady load.

    ``slope_per_s`` is in records a second: 0 if the lag neither grows nor
    shrinks, positive if it grows.  ``achieved_per_s`` is the rate at which
    records were handled within the window.
    """

    slope_per_s: float
    achieved_per_s: float


def measure(
    planned_ns: NDArray[np.int64],
    received_ns: NDArray[np.int64],
    begin_ns: int,
    end_ns: int,
) -> Lag:
    """The lag between ``begin_ns`` and ``end_ns``, by least squares over an even grid.

    Both arrays hold one entry per record, in any order; ``received_ns`` may be
    shorter (records still on their way) and must count no record twice.  Raises
    ValueError if the window is too short for a slope, or if more records
    were received than planned.
    """
    if len(received_ns) > len(planned_ns):
        raise ValueError(f"{len(received_ns)} records received of {len(planned_ns)} planned")
    points = int((end_ns - begin_ns) / NS_PER_S / GRID_S) + 1
    if points < MIN_POINTS:
        raise ValueError(f"a window of {end_ns - begin_ns} ns is too short for a slope")
    at_ns = np.linspace(begin_ns, end_ns, points)
    received = np.searchsorted(np.sort(received_ns), at_ns, side="right")
    lag = np.searchsorted(np.sort(planned_ns), at_ns, side="right") - received
    # The slope, not the difference of the ends, which depend on where a batch happens to end.
    return Lag(_slope_per_s(at_ns, lag), achieved_per_s=_slope_per_s(at_ns, received))


def _slope_per_s(at_ns: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    centred_s = (at_ns - at_ns.mean()) / NS_PER_S
    return float(centred_s @ (counts - counts.mean()) / (centred_s @ centred_s))
