"""Where one rounding decides: the variants round every operation, once, to nearest.

Deep in the seahorse valley an orbit takes thousands of steps to escape and its errors grow on
the way, so that a single operation rounded otherwise moves the answer.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from implementations.check import compare
from implementations.grid import Heights
from implementations.problems import RECIPE, Problem
from implementations.registry import LADDER, load
from tests.oracle import escape_time
from tests.parameters import marked

RADIUS = 1e-13
X, Y = -0.743643887037151, 0.131825904205330


def seahorse(pixels: int) -> Problem:
    return Problem(pixels, pixels, 5_000, (X - RADIUS, X + RADIUS, Y - RADIUS, Y + RADIUS))


# Each pixel is thousands of steps of exact fractions.
more = pytest.mark.thorough("test_a_variant_rounds_every_operation_once")


@pytest.fixture(scope="module", params=[5, *marked(more, 9)])
def problem(request: pytest.FixtureRequest) -> Problem:
    return seahorse(request.param)


@pytest.fixture(scope="module")
def exact(problem: Problem) -> Heights:
    return escape_time.heights(problem, escape_time.exact_height)


@pytest.mark.parametrize("name", [variant.name for variant in LADDER])
def test_a_variant_rounds_every_operation_once(name: str, problem: Problem, exact: Heights) -> None:
    answer = load(name)(problem.width, problem.height, problem.steps, problem.window)
    difference = compare(exact, answer)
    assert difference.equal, difference.sentence()


def test_a_fused_multiply_add_would_be_seen(problem: Problem, exact: Heights) -> None:
    fused = escape_time.heights(problem, escape_time.fused_height)
    assert compare(exact, fused).mismatched_pixels > problem.pixels // 2


@pytest.mark.parametrize("number", [float, np.float64])
def test_the_spelling_x_to_the_power_of_2_would_be_seen(
    number: type[float], problem: Problem, exact: Heights
) -> None:
    if pow_is_exact():
        pytest.skip("this C library's pow squares without an error")

    def pow_height(c_re: float, c_im: float, limit: int) -> int:
        return escape_time.pow_height(number(c_re), number(c_im), limit)

    assert not compare(exact, escape_time.heights(problem, pow_height)).equal


# All of its pixels, millions of steps, in Python.
whole = pytest.mark.thorough("test_both_spellings_of_a_square_give_the_recipes_picture")


@pytest.mark.parametrize("part", [4, *marked(whole, 1)])
def test_both_spellings_of_a_square_give_the_recipes_picture(part: int) -> None:
    recipe = replace(RECIPE, width=RECIPE.width // part, height=RECIPE.height // part)
    multiplied = load("cython")(recipe.width, recipe.height, recipe.steps, recipe.window)
    assert compare(multiplied, escape_time.heights(recipe, escape_time.pow_height)).equal


def pow_is_exact() -> bool:
    """Whether x**2 is x*x on this machine: where not, about 1 value in 1,000 differs."""
    values = [math.sqrt(number) for number in range(1, 100_000)]
    return all(value**2 == value * value for value in values)
