"""Student's interval, plain and trimmed: from how far values scatter, exact where they are normal.

From five values a test of signs and ranks can say little, because all of five lie on one side in 1
of 32 cases. Here how far they scatter counts too. One wild value widens the plain interval, so that
heavy tails make it too cautious; the trimmed one leaves the largest and the smallest out. Values
that lie far from the centre on both sides and never near it make both too sure.

Student 1908, "The probable error of a mean", Biometrika 6, 1-25, doi:10.1093/biomet/6.1.1; Yuen
1974, "The two-sample trimmed t for unequal population variances", Biometrika 61, 165-170,
doi:10.1093/biomet/61.1.165.
"""

import functools
import math

import numpy as np
from numpy.typing import NDArray

# Of each end.
TRIMMED = 0.2

Array = NDArray[np.float64]


def bounds(rows: Array, level: float) -> tuple[Array, Array]:
    """The lower and the upper bound of the centre of each row of (m, n) values, n at least 2.

    The centre lies below the lower one in a share ``level`` of all cases, and as often above the
    upper one. Raises ValueError for a level outside (0, 1/2), or for less than two values.
    """
    n = rows.shape[1]
    _check(n, level)
    centre = rows.mean(axis=1)
    error = rows.std(axis=1, ddof=1) / math.sqrt(n)
    reach = _deviations(n - 1, level) * error
    return centre - reach, centre + reach


def trimmed_bounds(rows: Array, level: float) -> tuple[Array, Array]:
    """The same without the largest and the smallest of each row, one in five and at least one.

    They count as the largest and the smallest of those that are left. Raises ValueError if less
    than two would be left.
    """
    n = rows.shape[1]
    out = max(1, int(TRIMMED * n))
    left = n - 2 * out
    _check(left, level)
    ranked = np.sort(rows, axis=1)
    middle = ranked[:, out : n - out]
    held = np.clip(ranked, middle[:, :1], middle[:, -1:])
    error = np.sqrt((n - 1) * held.var(axis=1, ddof=1) / (left * (left - 1)))
    centre, reach = middle.mean(axis=1), _deviations(left - 1, level) * error
    return centre - reach, centre + reach


def _check(n: int, level: float) -> None:
    if n < 2:
        raise ValueError(f"{n} values have no spread")
    if not 0 < level < 0.5:
        raise ValueError(f"the level must be between 0 and 1/2, not {level}")


@functools.lru_cache(maxsize=1024)
def _deviations(freedom: int, level: float) -> float:
    # Slow to import: only for those who ask.
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 1.0 - level))
