"""What problems.py claims of memory, measured."""

import tracemalloc

import pytest

from implementations.problems import BYTES_PER_PIXEL, WINDOW, Problem, Window
from implementations.registry import LADDER
from implementations.workload import prepare

WINDOWS = [WINDOW, (-0.7, 0.3, -0.6, 0.6), (2.0, 3.0, 2.0, 3.0)]
# Those would take a minute over a large picture, and do the same with every pixel.
PIXEL_BY_PIXEL_IN_PYTHON = ("python", "hybrid", "floats")
again = pytest.mark.thorough("test_a_variant_keeps_to_the_memory_that_the_check_counts_on")


def is_again(name: str, window: Window) -> bool:
    """Whether another one holds as much: python and hybrid go through the pixels as floats does."""
    return name in PIXEL_BY_PIXEL_IN_PYTHON and (name != "floats" or window != WINDOW)


@pytest.mark.parametrize(
    ("name", "window"),
    [
        pytest.param(
            variant.name,
            window,
            marks=again if is_again(variant.name, window) else (),
        )
        for variant in LADDER
        for window in WINDOWS
    ],
)
def test_a_variant_keeps_to_the_memory_that_the_check_counts_on(name: str, window: Window) -> None:
    problem = Problem(100, 100, 10, window)
    workload = prepare(name, problem)
    workload.warm_up()
    tracemalloc.start()
    workload.call()
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < problem.pixels * BYTES_PER_PIXEL
