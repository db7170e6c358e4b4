"""numba, compiled before the first call."""

from known import jit
from known.percent import PERCENT


def time_jit():
    """About 0.25 ms."""
    jit.loop(1_500 * PERCENT)
