"""How a long or a shared call behaves: Ctrl-C, two callers at once, the smallest grids."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from implementations.check import compare
from implementations.problems import BYTES_PER_PIXEL, Problem, _memory_bytes
from implementations.registry import LADDER, Threads, get, load
from tests.oracle import alone, escape_time
from tests.oracle.variants import EVERY, loaded

NAMES = [variant.name for variant in LADDER]

# These leave the interpreter for long, and so have to look for Ctrl-C themselves.
RECIPES_OWN = ("python", "hybrid", "floats", "numpy", "cython", "numba")
LONG_LOOPS = [name for name in NAMES if name not in RECIPES_OWN]

# Many points, long points.
LONG_CALLS = [(2_000_000, 1, 1_000_000), (400, 1, 30_000_000)]
"""Each takes minutes on one core, where orbits wander forever and do not return."""
WANDERING = (-1.99, -1.9, 0.0, 1.0)

# Half a second is promised on a core of one's own; a machine busy with tests gets more.
ANSWERED_WITHIN_S = 30.0
WELL_WITHIN_THE_CALL_S = 0.1

# Of the pixels of a variant that does not promise to be exact.
MAY_DIFFER = 0.01

# After an interrupted one.
SHORT = Problem(30, 20, 50)

# numba has no way out of compiled code: it cannot break off a point. Skipping ends this one soon.
ONE_POINT = (1, 1, 2**31 - 1)
BREAKS_OFF_A_POINT = ("memoryview", "threads", "lanes")


@pytest.mark.parametrize("name", LONG_LOOPS)
def test_ctrl_c_ends_a_long_call_and_leaves_the_variant_usable(name: str) -> None:
    # One after the other in one process: what is compiled at run time is compiled once.
    problems = [*LONG_CALLS, *([ONE_POINT] if name in BREAKS_OFF_A_POINT else [])]
    with alone.started("interrupted", name, problems, WANDERING) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(ANSWERED_WITHIN_S * len(problems), process.kill)
        watchdog.start()
        try:
            for problem in problems:
                assert process.stdout.readline() == "computing\n"
                time.sleep(WELL_WITHIN_THE_CALL_S)
                process.send_signal(signal.SIGINT)
                said = process.stdout.readline()
                assert said == f"interrupted {escape_time.heights(SHORT).sum()}\n", problem
        finally:
            watchdog.cancel()
            process.kill()


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
