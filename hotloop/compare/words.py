"""Cells and words that every ladder's table has."""

from hotloop.base.units import UNKNOWN, duration, plus_minus
from hotloop.compare.result import Seconds

# "ms" and "us" are the widest units; shorter ones are padded, so that ± lines up.
UNIT_WIDTH = 2


def time_cell(seconds: Seconds | None) -> str:
    """ "20.1 ms ± 1 %"."""
    if seconds is None:
        return UNKNOWN
    number, unit = duration(seconds.median).split(" ")
    return f"{number} {unit:<{UNIT_WIDTH}} {plus_minus(seconds.relative_half_width)}"


def confidence(fraction: float) -> str:
    """A level of confidence, whose digits after 90 matter: "93.8 %", "95 %"."""
    return f"{fraction * 100:.3g} %"
