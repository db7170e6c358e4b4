"""The middle of several values, some of which may not be known."""

from collections.abc import Sequence
from statistics import median


def known_median(values: Sequence[float | None]) -> float | None:
    """The median of those that are known; None if none is."""
    known = [value for value in values if value is not None]
    return median(known) if known else None
