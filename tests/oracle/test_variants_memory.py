"""What problems.py claims of memory, measured."""

import tracemalloc

import pytest

from implementations.problems import BYTES_PER_PIXEL, WINDOW, Problem, Window
from implementations.registry import LADDER
from implementations.workload import prepare


@pytest.mark.parametrize("window", [WINDOW, (-0.7, 0.3, -0.6, 0.6), (2.0, 3.0, 2.0, 3.0)])
@pytest.mark.parametrize("name", [variant.name for variant in LADDER])
def test_a_variant_keeps_to_the_memory_that_the_check_counts_on(name: str, window: Window) -> None:
    problem = Problem(200, 100, 10, window)
    workload = prepare(name, problem)
    workload.warm_up()
    tracemalloc.start()
    workload.call()
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < problem.pixels * BYTES_PER_PIXEL
