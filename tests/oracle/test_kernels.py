"""The kernels in C, on every instruction set that this machine runs, bit for bit.

What test_variants.py asks of every variant is asked here of every instruction set, and beside it
what a kernel can get wrong: partial vectors, the edges of a block, lanes that overflow while
others go on, cycles, tiles, threads.
"""

import importlib
import math
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from implementations.check import compare
from implementations.floats_mandel import compute_mandel as with_floats
from implementations.grid import Heights
from implementations.problems import WINDOW, Problem, Window
from tests.oracle import escape_time

Compute = Callable[..., Heights]

# Compiled, so that no type checker knows what is in them.
lanes_mandel: Any = importlib.import_module("implementations.lanes_mandel")
fastest_mandel: Any = importlib.import_module("implementations.fastest_mandel")
skip_mandel: Any = importlib.import_module("implementations.skip_mandel")
limit: Any = importlib.import_module("implementations.limit")
# Each problem once for all kernels.
point_by_point: Compute = cache(
    importlib.import_module("implementations.memoryview_mandel").compute_mandel
)

SETS: list[str] = lanes_mandel.vectors()
KERNELS: dict[str, tuple[Compute, str | None]] = {"skip": (skip_mandel.compute_mandel, None)}
for each_set in SETS:
    KERNELS[f"lanes-{each_set}"] = (lanes_mandel.compute_mandel, each_set)
    KERNELS[f"fastest-{each_set}"] = (fastest_mandel.compute_mandel, each_set)

# kernels/lanes.h: the probe's steps and the shortest and the longest block of either kernel.
PROBE = 16
BLOCKS = (48, 60, 72, 80)
TILE = 512

SIZES = [(1, 1), (1, 7), (7, 1), (3, 5), (17, 13), (1, 41), (41, 1), (9, 64)]

STEPS = sorted(
    {0, 1, 2, 3, PROBE - 1, PROBE, PROBE + 1, 100, 255, 1000}
    | {PROBE + count * block + more for block in BLOCKS for count in (1, 2) for more in (-1, 0, 1)}
)

WINDOWS: dict[str, Window] = {
    "the whole set": WINDOW,
    "inside": (-0.1, 0.1, -0.1, 0.1),
    "outside": (1.0, 3.0, 0.5, 2.5),
    "boundary": (-0.76, -0.74, 0.05, 0.12),
    "deep in the seahorse valley": (
        -0.743643887037151 - 1e-13,
        -0.743643887037151 + 1e-13,
        0.131825904205330 - 1e-13,
        0.131825904205330 + 1e-13,
    ),
    "squares overflow": (-1e150, 1e155, -1e155, 1e154),
    "as wide as can be": (-8e307, 8e307, -8e307, 8e307),
    "from the origin to overflow": (0.0, 1e160, 0.0, 1e160),
    "tip of the antenna": (-2.0, -2.0 + 1e-13, -1e-16, 1e-16),
    "on the real axis up to the tip": (-2.0, -1.9, 0.0, 5e-324),
    "circle of radius 2": (1.2, 1.2 + 1e-12, 1.6 - 1e-12, 1.6),
    "subnormals that decide": (-1.95, -1.8, 5e-324, 5e-323),
}


@pytest.fixture(params=KERNELS)
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Compute:
    return chosen(request.param, monkeypatch)


# What is one code for all instruction sets is tried with the widest and without vectors.
again = pytest.mark.thorough("test_partial_vectors_are_right", "test_any_number_of_steps_is_right")
FEW = {"skip", *(f"{name}-{SETS[end]}" for name in ("lanes", "fastest") for end in (0, -1))}


@pytest.fixture(params=[pytest.param(n, marks=() if n in FEW else again) for n in KERNELS])
def kernel_on_few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Compute:
    return chosen(request.param, monkeypatch)


def chosen(name: str, monkeypatch: pytest.MonkeyPatch) -> Compute:
    compute, vector = KERNELS[name]
    if vector is not None:
        monkeypatch.setenv("HOTLOOP_VECTOR", vector)
    return compute


def assert_equal(expected: Heights, actual: Heights, what: str = "") -> None:
    difference = compare(expected, actual)
    assert difference.equal, f"{what}: {difference.sentence()}"


def test_every_field_of_the_grid_is_set_before_a_kernel_sees_it() -> None:
    # Cython's struct is no C initialiser: a field that it is not given holds what was there before.
    kernels = Path(__file__).parents[2] / "implementations/kernels"
    struct = re.search(r"typedef struct \{(.*?)\} Grid;", (kernels / "escape.h").read_text(), re.S)
    assert struct is not None
    fields = re.findall(r"(\w+);", struct[1])
    assert {"height", "next", "stop"} <= set(fields)
    given = re.findall(r"^        (\w+)=", (kernels / "escape.pxi").read_text(), re.M)
    assert given == fields


def test_the_widest_instruction_set_comes_first_and_the_plain_one_last() -> None:
    known = ["avx512", "avx2", "sse2", "neon", "scalar"]
    assert sorted(SETS, key=known.index) == SETS
    assert SETS[-1] == "scalar"
    assert fastest_mandel.vectors() == SETS
    assert limit.vectors() == SETS


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS.keys())
def test_partial_vectors_are_right(kernel: Compute, window: Window) -> None:
    for size in SIZES:
        problem = Problem(*size, 200, window)
        assert_equal(escape_time.heights(problem), kernel(*size, 200, window), f"{size}")


@pytest.mark.parametrize("window", [WINDOW, WINDOWS["boundary"], WINDOWS["tip of the antenna"]])
def test_any_number_of_steps_is_right(kernel: Compute, window: Window) -> None:
    for steps in STEPS:
        problem = Problem(11, 7, steps, window)
        assert_equal(escape_time.heights(problem), kernel(11, 7, steps, window))


MANY_TILES = 203, 151, 1_500
# Grids of as many tiles again; small ones of these windows are tried above.
alike = pytest.mark.thorough("test_grids_of_many_tiles_are_right", "test_partial_vectors_are_right")
UNLIKE = ("the whole set", "boundary", "squares overflow")
# Processors are slow at them.
few = pytest.mark.thorough(
    "test_grids_of_many_tiles_are_right",
    "test_an_orbit_of_which_x_alone_goes_round_is_not_taken_for_a_cycle",
)
SLOW = "subnormals that decide"


@pytest.mark.parametrize(
    "window",
    [
        pytest.param(
            window, id=name, marks=() if name in UNLIKE else few if name == SLOW else alike
        )
        for name, window in WINDOWS.items()
    ],
)
def test_grids_of_many_tiles_are_right(kernel_on_few: Compute, window: Window) -> None:
    assert_equal(point_by_point(*MANY_TILES, window), kernel_on_few(*MANY_TILES, window))


# Rows: with exact twins, with some, with rows that are equal to each other and to 0.0, with none.
TWINS: dict[str, tuple[int, Window, range]] = {
    "about half of the rows": (240, WINDOW, range(170, 200)),
    "every row but the middle one": (33, (-2.5, 0.5, -4.0, 4.0), range(17, 18)),
    "none": (90, (-2.5, 0.5, -1.2, 0.7), range(90, 91)),
    "rows as narrow as floats can be": (33, (-2.0, 0.5, -1e-323, 1e-323), range(3, 4)),
    "to overflow and back": (101, (-1e155, 1e155, -1e155, 1e155), range(51, 102)),
}


@pytest.mark.parametrize(("rows", "window", "different"), TWINS.values(), ids=TWINS.keys())
@pytest.mark.parametrize("threads", [1, 3])
def test_rows_that_mirror_each_other_are_right(
    rows: int, window: Window, different: range, threads: int
) -> None:
    y_vals = np.linspace(window[2], window[3], rows)
    assert len(set(np.abs(y_vals).tolist())) in different
    columns = 70
    answer = fastest_mandel.compute_mandel(columns, rows, 600, window, threads=threads)
    assert_equal(point_by_point(columns, rows, 600, window), answer)


def test_a_point_and_its_mirror_escape_at_the_same_step() -> None:
    draw = random.Random(11)
    for _ in range(500):
        x, y = draw.uniform(-2.0, 0.5), draw.uniform(-1.2, 1.2)
        assert escape_time.height(x, y, 300) == escape_time.height(x, -y, 300)


def test_a_long_orbit_that_escapes_is_not_taken_for_a_cycle(kernel_on_few: Compute) -> None:
    # Beside the necks of the set orbits linger for thousands of steps, almost periodic.
    for window in ((-0.7501, -0.7499, 1e-4, 1e-3), (0.25, 0.2501, 0.0, 1e-5)):
        expected = point_by_point(24, 24, 40_000, window)
        assert expected.max() > 10_000
        assert_equal(expected, kernel_on_few(24, 24, 40_000, window))


# A repelling cycle of three floats: off the real axis by the least there is, x stays on it for a
# thousand steps, while y grows threefold in each.
X_GOES_ROUND = -1.7903274919993457
LEAST = math.ulp(0.0)
ESCAPES_AT = 1701


def test_x_alone_goes_round_for_a_thousand_steps_before_the_point_escapes() -> None:
    x, y = X_GOES_ROUND, LEAST
    states = []
    while x * x + y * y < 4.0:
        states.append((x, y))
        x, y = x * x - y * y + X_GOES_ROUND, (2.0 * x) * y + LEAST
    assert len(states) == len(set(states)) == ESCAPES_AT
    for before, after in zip(states[10:1_000], states[13:1_003], strict=True):
        assert before[0] == after[0]


def test_an_orbit_of_which_x_alone_goes_round_is_not_taken_for_a_cycle(kernel: Compute) -> None:
    window = (X_GOES_ROUND, 0.0, LEAST, 41 * LEAST)
    expected = escape_time.heights(Problem(1, 41, 10_000, window))
    assert expected[0, 0] == ESCAPES_AT
    assert_equal(expected, kernel(1, 41, 10_000, window))


@pytest.mark.parametrize("pixels", [TILE - 1, TILE, TILE + 1, 4 * TILE])
def test_the_edges_of_a_tile_are_right(kernel: Compute, pixels: int) -> None:
    assert_equal(point_by_point(1, pixels, 300), kernel(1, pixels, 300))
    assert_equal(point_by_point(pixels, 1, 300), kernel(pixels, 1, 300))


SMALL = st.floats(-2.1, 2.1)


@given(SMALL, SMALL, st.integers(-15, 0), st.integers(1, 9), st.integers(1, 9), st.integers(0, 300))
def test_any_window_near_the_set_is_right(
    x: float, y: float, scale: int, width: int, height: int, steps: int
) -> None:
    radius = 10.0**scale
    window = (x - radius, x + radius, y - radius, y + radius)
    expected = with_floats(width, height, steps, window)
    for name in KERNELS:
        with pytest.MonkeyPatch.context() as patch:
            answer = chosen(name, patch)(width, height, steps, window)
        assert_equal(expected, answer, name)


@pytest.mark.parametrize("threads", [1, 2, 3, 16])
def test_any_number_of_threads_gives_the_same_picture(threads: int) -> None:
    answer = fastest_mandel.compute_mandel(301, 199, 1_000, threads=threads)
    assert_equal(point_by_point(301, 199, 1_000), answer)


def test_two_threads_can_call_at_once(kernel_on_few: Compute) -> None:
    problems = [(301, 199, 700, WINDOW), (173, 211, 900, WINDOWS["boundary"])] * 2
    answers: list[Heights | None] = [None] * len(problems)

    def call(number: int) -> None:
        answers[number] = kernel_on_few(*problems[number])

    callers = [threading.Thread(target=call, args=(number,)) for number in range(len(problems))]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    for problem, answer in zip(problems, answers, strict=True):
        assert answer is not None
        assert_equal(point_by_point(*problem), answer)


def test_one_wrong_pixel_would_be_seen(kernel: Compute) -> None:
    answer = kernel(203, 151, 255)
    answer[117, 93] += 1
    difference = compare(point_by_point(203, 151, 255), answer)
    assert difference.mismatched_pixels == 1
    assert (difference.first[0].i, difference.first[0].j) == (117, 93)


def test_the_largest_number_of_steps_is_right_where_all_escape(kernel: Compute) -> None:
    steps = 2**31 - 1
    for window in (WINDOWS["outside"], (0.4, 0.5, 0.5, 0.6)):
        expected = point_by_point(9, 9, 10_000, window)
        assert expected.max() < 10_000
        assert_equal(expected, kernel(9, 9, steps, window))


@pytest.mark.parametrize("name", [name for name in KERNELS if not name.startswith("lanes")])
def test_a_cycle_is_worth_two_thousand_million_steps(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute = chosen(name, monkeypatch)
    steps = 2**31 - 1
    answer = compute(40, 40, steps, WINDOWS["inside"])
    assert np.array_equal(answer, np.full((40, 40), steps))


def test_a_set_that_is_not_there_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLOOP_VECTOR", "altivec")
    for call in (lanes_mandel.compute_mandel, fastest_mandel.compute_mandel):
        with pytest.raises(ValueError, match=r"HOTLOOP_VECTOR must be one of .*, not 'altivec'"):
            call(1, 1, 1)


INTERRUPTED = """
import sys
from implementations import {module}
try:
    print("ready", flush=True)
    {module}.compute_mandel({arguments})
except KeyboardInterrupt:
    sys.exit(130)
"""

# Brute force over the inside; and a parabolic point, whose orbit takes 10^8 steps to settle.
ENDLESS = {
    "lanes_mandel": "400, 400, 2**31 - 1, (-0.1, 0.1, -0.1, 0.1)",
    "skip_mandel": "300, 300, 2**31 - 1, (0.25 - 1e-15, 0.25, 0.0, 1e-300)",
    "fastest_mandel": "300, 300, 2**31 - 1, (0.25 - 1e-15, 0.25, 0.0, 1e-300)",
}
TIME_TO_STOP_S = 60.0


@pytest.mark.thorough(
    "oracle/test_variants_alone.py::test_ctrl_c_ends_a_long_call_and_leaves_the_variant_usable"
)
@pytest.mark.parametrize("module", ENDLESS)
def test_ctrl_c_ends_a_call_that_would_take_minutes(module: str) -> None:
    program = INTERRUPTED.format(module=module, arguments=ENDLESS[module])
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.2)
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(timeout=TIME_TO_STOP_S) == 130
        finally:
            process.kill()
