"""How a shared call behaves: two callers at once, shares of a grid, the largest grids."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from implementations.check import compare
from implementations.problems import BYTES_PER_PIXEL, Problem, _memory_bytes
from implementations.registry import LADDER, Threads, get, load
from tests.oracle import escape_time
from tests.oracle.variants import EVERY, loaded

# Of the pixels of a variant that does not promise to be exact.
MAY_DIFFER = 0.01

# The interpreter lets them have turns, as those of floats, which is quicker.
again = pytest.mark.thorough("test_two_threads_may_call_at_once")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(*each.values, marks=again) if each.values[0] in ("python", "hybrid") else each
        for each in EVERY
    ],
)
def test_two_threads_may_call_at_once(name: str) -> None:
    compute_mandel = loaded(name)
    exact = get(name).exact
    problems = [Problem(61, 53, 150), Problem(47, 59, 170, (-0.8, -0.7, 0.05, 0.15))]
    expected = [escape_time.heights(problem) for problem in problems]
    together = threading.Barrier(len(problems))

    def both_times(problem: Problem) -> list[np.ndarray]:
        together.wait()
        sizes = problem.width, problem.height, problem.steps, problem.window
        return [compute_mandel(*sizes) for _ in range(2)]

    with ThreadPoolExecutor(len(problems)) as pool:
        answers = list(pool.map(both_times, problems))
    for right, (first, second) in zip(expected, answers, strict=True):
        for answer in (first, second):
            difference = compare(right, answer)
            allowed = 0 if exact else MAY_DIFFER * difference.pixels
            assert difference.form is None
            assert difference.mismatched_pixels <= allowed, difference.sentence()


@pytest.mark.parametrize("name", [v.name for v in LADDER if v.threads is Threads.ALL])
@pytest.mark.parametrize("sizes", [(1, 700), (700, 1), (257, 3), (3, 257)])
def test_shares_that_do_not_divide_the_grid_leave_no_pixel_out(
    name: str, sizes: tuple[int, int]
) -> None:
    problem = Problem(*sizes, 400)
    answer = load(name)(problem.width, problem.height, problem.steps)
    difference = compare(escape_time.heights(problem), answer)
    assert difference.equal, difference.sentence()


@pytest.mark.parametrize("name", EVERY)
def test_more_than_2_to_the_31_pixels_are_refused_where_memory_cannot_hold_them(name: str) -> None:
    width, height = 2**16, 2**15 + 1
    if _memory_bytes() >= width * height * BYTES_PER_PIXEL:
        pytest.skip("this machine's memory holds that grid")
    with pytest.raises(ValueError, match="a grid of 65536 x 32769 pixels needs up to 343 GB"):
        loaded(name)(width, height, 0)
