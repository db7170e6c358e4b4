"""Bad arguments are refused alike by every variant, in the same words."""

import math
from typing import Any

import numpy as np
import pytest

from implementations.problems import WINDOW
from tests.oracle.variants import EVERY, loaded

FOUR = "the window must be four numbers, not "

BAD_ARGUMENTS: list[tuple[tuple[Any, ...], type[Exception], str]] = [
    ((0, 4, 5), ValueError, "the width N_x must be from 1 to 2147483647, not 0"),
    ((-3, 4, 5), ValueError, "the width N_x must be from 1 to 2147483647, not -3"),
    ((2**31, 4, 5), ValueError, "the width N_x must be from 1 to 2147483647, not 2147483648"),
    ((2.0, 4, 5), TypeError, "the width N_x must be an integer, not 2.0"),
    ((True, 4, 5), TypeError, "the width N_x must be an integer, not True"),
    ((np.True_, 4, 5), TypeError, "the width N_x must be an integer, not np.True_"),
    ((np.float64(3), 4, 5), TypeError, "the width N_x must be an integer, not np.float64(3.0)"),
    (("3", 4, 5), TypeError, "the width N_x must be an integer, not '3'"),
    ((None, 4, 5), TypeError, "the width N_x must be an integer, not None"),
    ((3, 0, 5), ValueError, "the height N_y must be from 1 to 2147483647, not 0"),
    ((3, -(2**70), 5), ValueError, f"the height N_y must be from 1 to 2147483647, not {-(2**70)}"),
    ((3, 4.5, 5), TypeError, "the height N_y must be an integer, not 4.5"),
    ((3, False, 5), TypeError, "the height N_y must be an integer, not False"),
    ((3, 4, -1), ValueError, "the steps N_iter must be from 0 to 2147483647, not -1"),
    ((3, 4, 2**31), ValueError, "the steps N_iter must be from 0 to 2147483647, not 2147483648"),
    ((3, 4, 5.0), TypeError, "the steps N_iter must be an integer, not 5.0"),
    ((3, 4, True), TypeError, "the steps N_iter must be an integer, not True"),
    ((3, 4, 5, None), TypeError, FOUR + "None"),
    ((3, 4, 5, 1.0), TypeError, FOUR + "1.0"),
    ((3, 4, 5, "0123"), TypeError, FOUR + "'0123'"),
    ((3, 4, 5, b"0123"), TypeError, FOUR + "b'0123'"),
    ((3, 4, 5, (0, 1, 0)), ValueError, FOUR + "(0, 1, 0)"),
    ((3, 4, 5, (0, 1, 0, 1, 2)), ValueError, FOUR + "(0, 1, 0, 1, 2)"),
    ((3, 4, 5, (0, 1, 0, "1")), TypeError, FOUR + "(0, 1, 0, '1')"),
    ((3, 4, 5, (0, 1, False, 1)), TypeError, FOUR + "(0, 1, False, 1)"),
    ((3, 4, 5, (0, 1, 0, 1j)), TypeError, FOUR + "(0, 1, 0, 1j)"),
    ((3, 4, 5, np.zeros((4, 1))), TypeError, FOUR),
    (
        (3, 4, 5, (0.0, math.nan, 0.0, 1.0)),
        ValueError,
        "the window must be finite, not (0.0, nan, 0.0, 1.0)",
    ),
    (
        (3, 4, 5, (-math.inf, 1.0, 0.0, 1.0)),
        ValueError,
        "the window must be finite, not (-inf, 1.0, 0.0, 1.0)",
    ),
    ((3, 4, 5, (0, 1, 0, 10**400)), ValueError, "the window must be finite, not (0, 1, 0, 1000"),
    (
        (3, 4, 5, (1.0, 1.0, 0.0, 1.0)),
        ValueError,
        "the window must have x low < x high, not 1.0, 1.0",
    ),
    (
        (3, 4, 5, (0.0, 1.0, 2.0, -2.0)),
        ValueError,
        "the window must have y low < y high, not 2.0, -2.0",
    ),
    (
        (3, 4, 5, (-0.0, 0.0, 0.0, 1.0)),
        ValueError,
        "the window must have x low < x high, not -0.0, 0.0",
    ),
    (
        (3, 4, 5, (-1e308, 1e308, 0.0, 1.0)),
        ValueError,
        "the window must be of finite width, not x from -1e+308 to 1e+308",
    ),
    (
        (10**7, 10**8, 5),
        ValueError,
        "a grid of 10000000 x 100000000 pixels needs up to 160,000,000 GB of memory, and this",
    ),
]


@pytest.mark.parametrize("name", EVERY)
def test_a_bad_argument_is_refused_and_named(name: str) -> None:
    compute_mandel = loaded(name)
    for arguments, error, message in BAD_ARGUMENTS:
        with pytest.raises(error) as caught:
            compute_mandel(*arguments)
        assert type(caught.value) is error, arguments
        assert str(caught.value).startswith(message), arguments


@pytest.mark.parametrize("name", EVERY)
def test_the_first_bad_argument_is_the_one_named(name: str) -> None:
    with pytest.raises(ValueError, match="width"):
        loaded(name)(0, 0, -1, (1, 0, 1, 0))


@pytest.mark.parametrize("name", EVERY)
def test_the_limits_themselves_are_accepted(name: str) -> None:
    outside = (2.0, 3.0, 2.0, 3.0)
    assert loaded(name)(1, 1, 0, WINDOW) == 0
    assert loaded(name)(1, 1, 2**31 - 1, outside) == 0
