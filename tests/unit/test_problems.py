import os

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from implementations.problems import BYTES_PER_PIXEL, PROBLEMS, RECIPE, WINDOW, Problem

TINY_MACHINE_PAGES = 1000
PAGE_BYTES = 1000


def test_the_recipe_is_among_the_problems() -> None:
    assert PROBLEMS["recipe"] is RECIPE
    assert (RECIPE.width, RECIPE.height, RECIPE.steps) == (320, 240, 255)
    assert RECIPE.window == WINDOW == (-2.5, 0.5, -1.2, 1.2)
    assert RECIPE.pixels == 76_800


def test_values_are_stored_as_pythons_own() -> None:
    window = np.array([0, 1, 2, 3], dtype=np.float32)
    problem = Problem(np.int16(3), np.uint8(4), np.int64(5), window)  # type: ignore[arg-type]
    assert problem == Problem(3, 4, 5, (0.0, 1.0, 2.0, 3.0))
    stored = (problem.width, problem.height, problem.steps, *problem.window)
    assert [type(value) for value in stored] == [int] * 3 + [float] * 4


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 200_000))
def test_a_scaled_problem_fits_and_fills_what_it_may(width: int, height: int, most: int) -> None:
    problem = Problem(width, height, 5)
    scaled = problem.scaled(most)
    assert scaled.pixels <= most
    assert (scaled.steps, scaled.window) == (problem.steps, problem.window)
    assert scaled.width <= width
    assert scaled.height <= height
    if problem.pixels <= most:
        assert scaled is problem
    else:
        one_more_row = scaled.pixels + scaled.width
        assert one_more_row > most or scaled.height == height


@pytest.mark.parametrize(
    ("width", "height", "most", "expected"),
    [
        (320, 240, 1_000, (36, 27)),
        (320, 240, 1, (1, 1)),
        (240, 320, 76_799, (239, 320)),
        (1_000_000, 1, 100, (100, 1)),
        (1, 1_000_000, 100, (1, 100)),
    ],
)
def test_a_scaled_problem_keeps_its_shape(
    width: int, height: int, most: int, expected: tuple[int, int]
) -> None:
    scaled = Problem(width, height, 5).scaled(most)
    assert (scaled.width, scaled.height) == expected


def test_no_problem_has_no_pixels() -> None:
    with pytest.raises(ValueError, match="at least 1 pixel, not 0"):
        RECIPE.scaled(0)


def test_a_grid_is_refused_from_the_first_pixel_that_memory_cannot_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes = {"SC_PHYS_PAGES": TINY_MACHINE_PAGES, "SC_PAGE_SIZE": PAGE_BYTES}
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__)
    fits = TINY_MACHINE_PAGES * PAGE_BYTES // BYTES_PER_PIXEL
    assert Problem(fits, 1, 5).pixels == fits
    with pytest.raises(ValueError, match=f"a grid of {fits + 1} x 1 pixels needs"):
        Problem(fits + 1, 1, 5)


def test_a_system_that_does_not_tell_its_memory_is_taken_at_its_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(name: str) -> int:
        raise ValueError(f"unrecognized configuration name {name}")

    monkeypatch.setattr(os, "sysconf", unknown)
    assert Problem(10**6, 10**6, 5).pixels == 10**12
    with pytest.raises(ValueError, match="memory"):
        Problem(2**31 - 1, 2**31 - 1, 5)
