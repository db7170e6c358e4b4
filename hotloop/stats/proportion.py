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
    _check(count, trials)
    tail = (1 - CONFIDENCE) / 2
    return Proportion(
        count, trials, 1 - _upper(trials - count, trials, tail), _upper(count, trials, tail)
    )


def at_most(count: int, trials: int) -> float:
    """The upper bound of the true rate, with ``CONFIDENCE``: 0 of 40 is at most 7 %.

    Raises ValueError for an impossible count.
    """
    _check(count, trials)
    return _upper(count, trials, 1 - CONFIDENCE)


def _upper(count: int, trials: int, tail: float) -> float:
    """The rate at which so few happen with the probability ``tail``: a quantile of a beta.

    As SciPy's binomtest has it, without the half second that scipy.stats takes to load.
    """
    # Slow to import too: only for those who ask.
    from scipy.special import betaincinv

    return 1.0 if count == trials else float(betaincinv(count + 1, trials - count, 1 - tail))


def _check(count: int, trials: int) -> None:
    if not 0 <= count <= trials or trials < 1:
        raise ValueError(f"{count} of {trials} trials")
