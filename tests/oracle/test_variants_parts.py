"""A part of a picture, computed alone, is what the whole picture has there."""

import numpy as np
import pytest

from implementations.grid import Part
from implementations.problems import Picture, Problem
from implementations.registry import VARIANTS, Unavailable, load
from tests.oracle.escape_time import heights
from tests.oracle.variants import parameter

# Awkward spacing: the part's own linspace gives other bits in most coordinates.
WHOLE = Problem(31, 23, 40, (-2.1, 0.7, -1.3, 1.1))


@pytest.mark.parametrize("name", [parameter(each, each.name) for each in VARIANTS if each.exact])
def test_a_part_is_equal_bit_for_bit(name: str) -> None:
    try:
        compute = load(name)
    except Unavailable as reason:
        pytest.skip(str(reason))
    whole = Picture(WHOLE.width, WHOLE.height, WHOLE.steps, WHOLE.window)
    part = compute(9, 8, WHOLE.steps, Part(whole, 22, 11))
    assert np.array_equal(part, heights(WHOLE)[22:, 11:19])
