"""That of benchmarks/extension.py, as a test of pytest-benchmark."""

from known import extension
from known.percent import PERCENT


def test_extension(benchmark):
    """About 0.25 ms."""
    benchmark(extension.loop, 1_500 * PERCENT)
