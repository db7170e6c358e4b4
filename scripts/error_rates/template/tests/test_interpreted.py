"""Those of benchmarks/interpreted.py, as tests of pytest-benchmark."""

from known import interpreted
from known.percent import PERCENT


def test_loop(benchmark):
    """About 25 us."""
    benchmark(interpreted.loop, 4 * PERCENT)


def test_dictionary(benchmark):
    """About 0.15 ms."""
    benchmark(interpreted.dictionary, 1 * PERCENT)


def test_document(benchmark):
    """About 1 ms."""
    benchmark(interpreted.document, 2 * PERCENT)


def test_order(benchmark):
    """About 2 ms."""
    benchmark(interpreted.order, 5 * PERCENT)


def test_objects(benchmark):
    """About 7 ms: many small objects, made and freed."""
    benchmark(interpreted.objects, 10 * PERCENT)


def test_slow(benchmark):
    """About a second in one call."""
    benchmark(interpreted.loop, 150_000 * PERCENT)
