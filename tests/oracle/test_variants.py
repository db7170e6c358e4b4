"""Every variant against the independent definition, bit for bit."""

import importlib
import math
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given

from implementations.check import compare
from implementations.grid import Heights
from implementations.problems import RECIPE, WINDOW, Problem, Window
from implementations.registry import LADDER, load
from implementations.workload import iterations
from tests.oracle import escape_time, variants

NAMES = [variant.name for variant in LADDER]

BELOW_2 = math.nextafter(2.0, 0.0)
SMALLEST = math.ulp(0.0)
SMALLEST_NORMAL = sys.float_info.min
LARGEST = sys.float_info.max


def around(x: float, y: float, radius: float) -> Window:
    return (x - radius, x + radius, y - radius, y + radius)


ORDINARY = {
    "one pixel": Problem(1, 1, 50),
    "one column": Problem(1, 7, 50),
    "one row": Problem(7, 1, 50),
    "odd sizes": Problem(13, 11, 60),
    "wider than high": Problem(31, 4, 60),
    "no steps": Problem(5, 4, 0),
    "one step": Problem(5, 4, 1),
    "two steps": Problem(5, 4, 2),
    "20,000 steps": Problem(5, 4, 20_000),
    "inside the set": Problem(6, 5, 300, around(-0.1, 0.0, 0.1)),
    "outside the set": Problem(6, 5, 300, (1.0, 3.0, 0.5, 2.5)),
    "nothing left after the first step, many asked": Problem(3, 3, 2**31 - 1, (2.0, 3.0, 2.0, 3.0)),
    "cusp of the cardioid": Problem(7, 7, 3_000, around(0.25, 0.0, 1e-4)),
    "neck at -3/4": Problem(7, 7, 2_000, around(-0.75, 0.0, 1e-3)),
    "neck at -5/4": Problem(7, 7, 2_000, around(-1.25, 0.0, 1e-3)),
    "tip of the antenna": Problem(7, 7, 500, around(-2.0, 0.0, 1e-6)),
    "Misiurewicz point i": Problem(7, 7, 500, around(0.0, 1.0, 1e-8)),
    "seahorse valley, 2e-13 wide": Problem(
        7, 7, 4_000, around(-0.743643887037151, 0.131825904205330, 1e-13)
    ),
    "spiral, 1e-13 wide": Problem(
        7, 7, 2_000, around(-0.7746806106269039, -0.1374168856037867, 5e-14)
    ),
    "neighbouring floats": Problem(2, 2, 500, (-2.0, -BELOW_2, 0.0, SMALLEST)),
    "more pixels than floats": Problem(9, 9, 300, (-1.75, math.nextafter(-1.75, 0), -0.1, 0.1)),
    "on |z| = 2 at the start": Problem(5, 5, 20, (-2.0, 2.0, -2.0, 2.0)),
    "a float short of |z| = 2": Problem(2, 2, 60, (-BELOW_2, BELOW_2, -BELOW_2, BELOW_2)),
    "on |z| = 2 by a rounding, 1.2 and 1.6": Problem(2, 2, 60, (1.2, 1.3, 1.6, 1.7)),
    "on |z| = 2 after one step": Problem(3, 3, 20, (0.0, 2.0, -1.0, 1.0)),
    "from negative zero": Problem(5, 5, 60, (-0.0, 1.0, -0.0, 1.0)),
    "to negative zero": Problem(5, 5, 60, (-1.0, -0.0, -1.0, -0.0)),
    "through zero": Problem(5, 5, 60, (-1.0, 1.0, -1.0, 1.0)),
}

LIMITS_OF_FLOATS = {
    "square overflows within": Problem(9, 9, 20, (1e153, 1e155, -1e155, 1e155)),
    "huge": Problem(5, 4, 20, (1e300, LARGEST, -LARGEST, -1e308)),
    "as wide as can be": Problem(7, 6, 20, (-LARGEST / 2, LARGEST / 2, 0.0, LARGEST)),
    "huge and tiny": Problem(5, 4, 20, (1e200, 1e201, 1e-310, 1e-300)),
    "tiny": Problem(5, 4, 40, (-1e-300, 1e-300, 1e-200, 1e-160)),
    "square underflows within": Problem(9, 9, 40, (1e-163, 1e-161, -1e-162, 1e-162)),
    "subnormal": Problem(5, 4, 40, (SMALLEST, SMALLEST_NORMAL, -SMALLEST_NORMAL, -SMALLEST)),
    # Beside the real axis the orbit's distance from it starts subnormal and grows until it escapes.
    "subnormals that decide": Problem(9, 7, 5_000, (-1.95, -1.8, SMALLEST, 9 * SMALLEST)),
    # Three floats that x meets again and again, for a thousand steps, until y has grown.
    "x goes round and y does not": Problem(
        1, 3, 3_000, (-1.7903274919993457, 0.0, SMALLEST, 3 * SMALLEST)
    ),
    "more pixels than subnormals": Problem(7, 7, 40, (0.0, SMALLEST, -SMALLEST, SMALLEST)),
}


PROBLEMS = ORDINARY | LIMITS_OF_FLOATS


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What numba compiles here, test_variants_alone.py does not compile again."""
    # Not every process that collects tests needs numba.
    from tests.oracle import compiled

    compiled.kept_in(variants.compiled_in(tmp_path_factory))


@pytest.fixture(scope="module")
def recipe_picture() -> Heights:
    """The recipe's problem takes seconds: each variant computes it once, the definition too."""
    return escape_time.heights(RECIPE)


# Slow, and the same with every pixel.
again = pytest.mark.thorough("test_a_variant_is_right")
PIXEL_BY_PIXEL_IN_PYTHON = ("python", "hybrid", "floats")


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=again if n in PIXEL_BY_PIXEL_IN_PYTHON else ()) for n in NAMES],
)
def test_the_recipes_picture_is_right(name: str, recipe_picture: Heights) -> None:
    assert_equal(recipe_picture, compute(name, RECIPE))


def test_the_recipes_picture_takes_4393770_iterations(recipe_picture: Heights) -> None:
    assert iterations(recipe_picture) == 4_393_770


@pytest.mark.parametrize("name", NAMES)
def test_a_variant_is_right(name: str) -> None:
    for what, problem in PROBLEMS.items():
        assert_equal(escape_time.heights(problem), compute(name, problem), what)


@pytest.mark.parametrize("name", NAMES)
def test_the_callers_error_state_changes_nothing(name: str) -> None:
    for what, problem in LIMITS_OF_FLOATS.items():
        with np.errstate(all="raise"):
            answer = compute(name, problem)
        assert_equal(escape_time.heights(problem), answer, what)


def test_the_problems_hold_points_on_the_circle_of_escape() -> None:
    on_circle = escape_time.heights(PROBLEMS["on |z| = 2 at the start"])
    assert on_circle[0, 2] == 0  # -2 itself escapes at once ...
    short_of_it = escape_time.heights(PROBLEMS["neighbouring floats"])
    assert short_of_it[0, 0] == 0
    assert short_of_it[1, 0] > 20  # ... and its neighbour only after many steps.
    assert escape_time.height(1.0, 0.0, 20) == 1


def intervals(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[tuple[float, float]]:
    pairs = st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))
    return pairs.filter(lambda pair: pair[0] < pair[1] and math.isfinite(pair[1] - pair[0]))


ANY_FLOATS = st.floats(allow_nan=False, allow_infinity=False)
ANYWHERE = st.tuples(intervals(ANY_FLOATS), intervals(ANY_FLOATS)).map(lambda xy: (*xy[0], *xy[1]))
NEAR_THE_SET = st.builds(
    around,
    st.floats(-2.1, 0.6),
    st.floats(-1.3, 1.3),
    st.integers(-15, 0).map(lambda exponent: 10.0**exponent),
)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 200), ANYWHERE | NEAR_THE_SET)
def test_every_variant_is_right_on_any_window(
    width: int, height: int, steps: int, window: Window
) -> None:
    # A radius below the centre's spacing of floats leaves no window.
    assume(window[0] < window[1] and window[2] < window[3])
    problem = Problem(width, height, steps, window)
    for name in NAMES:
        assert_equal(escape_time.heights(problem), compute(name, problem), name)


@given(st.floats(-2.1, 0.6), st.floats(-1.3, 1.3), st.integers(0, 300))
def test_a_point_alone_is_right(cx: float, cy: float, steps: int) -> None:
    expected = escape_time.height(cx, cy, steps)
    assert {name: in_mandel(name, cx, cy, steps) for name in NAMES} == dict.fromkeys(
        NAMES, expected
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_window_is_the_recipes_unless_given(name: str) -> None:
    assert np.array_equal(load(name)(12, 9, 40), load(name)(12, 9, 40, WINDOW))


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_a_new_array(name: str) -> None:
    problem = Problem(4, 3, 5)
    assert not np.shares_memory(compute(name, problem), compute(name, problem))


@pytest.mark.parametrize("name", NAMES)
def test_integers_and_windows_of_any_kind_give_the_same_answer(name: str) -> None:
    compute_mandel = load(name)
    expected = compute_mandel(5, 4, 200, WINDOW)
    for answer in (
        compute_mandel(np.int32(5), np.uint8(4), np.uint8(200), list(WINDOW)),
        compute_mandel(np.array(5), np.array(4), np.array(200), np.array(WINDOW)),
        compute_mandel(N_x=5, N_y=4, N_iter=200, window=tuple(map(np.float64, WINDOW))),
    ):
        assert_equal(expected, answer)


def compute(name: str, problem: Problem) -> Heights:
    return load(name)(problem.width, problem.height, problem.steps, problem.window)


def assert_equal(expected: Heights, answer: Heights, what: str = "") -> None:
    difference = compare(expected, answer)
    assert difference.equal, f"{what}: {difference.sentence()}"


def in_mandel(name: str, cx: float, cy: float, steps: int) -> int:
    """The variant's own function of a point, or its grid of one pixel where it has none."""
    modules = {variant.name: variant.module for variant in LADDER}
    of_point = getattr(importlib.import_module(modules[name]), "in_mandel", None)
    if of_point is not None:
        return int(of_point(cx, cy, steps))
    return int(load(name)(1, 1, steps, (cx, cx + 1, cy, cy + 1))[0, 0])
