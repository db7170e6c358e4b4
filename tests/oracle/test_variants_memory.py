"""What problems.py claims of memory, measured; and what a rung takes beside its answer."""

import os
import tracemalloc

import pytest

from implementations.problems import BYTES_PER_PIXEL, WINDOW, Problem, Window
from implementations.registry import LADDER
from implementations.workload import prepare
from tests.oracle import alone

WINDOWS = [WINDOW, (-0.7, 0.3, -0.6, 0.6), (2.0, 3.0, 2.0, 3.0)]
# Those would take a minute over a large picture, and do the same with every pixel.
PIXEL_BY_PIXEL_IN_PYTHON = ("python", "hybrid", "floats")
again = pytest.mark.thorough("test_a_variant_keeps_to_the_memory_that_the_check_counts_on")


@pytest.mark.parametrize(
    ("name", "window"),
    [
        pytest.param(
            variant.name,
            window,
            marks=again if variant.name in PIXEL_BY_PIXEL_IN_PYTHON and window != WINDOW else (),
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


# The answer and so much more; numpy's idea is to hold every step's arrays.
BESIDE_THE_ANSWER_BYTES = 10_000_000
IN_PLACE = [variant.name for variant in LADDER if variant.name != "numpy"]

OUTSIDE = (1000, 1000, 5, (1.0, 3.0, 0.5, 2.5))
THE_SET = (1000, 1000, 50, WINDOW)
# After it all is compiled and threads have started.
FIRST = (300, 300, 50, WINDOW)
FIRST_IN_PYTHON = (30, 30, 5, WINDOW)


@pytest.mark.skipif(
    not os.access("/proc/self/clear_refs", os.W_OK), reason="only Linux tells a call's peak"
)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            # They go through the pixels as floats does.
            marks=pytest.mark.thorough("test_a_rung_takes_its_answers_memory_and_little_more")
            if name in ("python", "hybrid")
            else (),
        )
        for name in IN_PLACE
    ],
)
def test_a_rung_takes_its_answers_memory_and_little_more(name: str) -> None:
    in_python = name in PIXEL_BY_PIXEL_IN_PYTHON
    calls = (FIRST_IN_PYTHON, OUTSIDE) if in_python else (FIRST, THE_SET)
    with alone.started("takes", name, *calls) as process:
        said, _ = process.communicate()
    assert int(said) <= BESIDE_THE_ANSWER_BYTES
