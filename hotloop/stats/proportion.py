"""How often something happens, and how exactly this many trials can tell.

The interval is exact whatever the true rate is (Clopper and Pearson 1934, "The use of
confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26, 404-413,
doi:10.1093/biomet/26.4.404).
"""

from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Proportion:
    """``count`` of ``trials``; ``low`` and ``high`` hold the true rate with ``CONFIDENCE``."""

    count: int
    trials: int
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.trials or self.trials < 1:
            raise ValueError(f"{self.count} of {self.trials} trials")
        if not 0 <= self.low <= self.rate <= self.high <= 1:
            raise ValueError(f"{self.rate} is not within {self.low} and {self.high}")

    @property
    def rate(self) -> float:
        """The share that was seen."""
        return self.count / self.trials


def proportion(count: int, trials: int) -> Proportion:
    """The share with its two-sided interval. Raises ValueError for an impossible count."""
    # Slow to import: only for those who ask.
    from scipy.stats import binomtest

    _check(count, trials)
    bounds = binomtest(count, trials).proportion_ci(CONFIDENCE)
    return Proportion(count, trials, float(bounds.low), float(bounds.high))


def at_most(count: int, trials: int) -> float:
    """The upper bound of the true rate, with ``CONFIDENCE``: 0 of 40 is at most 7 %.

    Raises ValueError for an impossible count.
    """
    from scipy.stats import binomtest

    _check(count, trials)
    return float(binomtest(count, trials, alternative="less").proportion_ci(CONFIDENCE).high)


def _check(count: int, trials: int) -> None:
    if not 0 <= count <= trials or trials < 1:
        raise ValueError(f"{count} of {trials} trials")
