"""That of benchmarks/jit.py, as a test of pytest-benchmark."""

from known import jit
from known.percent import PERCENT


def test_jit(benchmark):
    """About 0.25 ms."""
    benchmark(jit.loop, 1_500 * PERCENT)
