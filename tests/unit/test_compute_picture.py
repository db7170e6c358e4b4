"""The thinned answer: which points are kept, where they stand, how dark they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.compute.picture import MOST_POINTS, thinned
from hotloop.compute.result import Picture


def test_the_first_index_goes_right_and_the_second_up() -> None:
    heights = np.zeros((3, 2), dtype=np.int64)
    heights[2, 0] = 9
    assert thinned(heights, 9).rows == ("000", "00f")


@given(st.integers(1, 400), st.integers(1, 400))
def test_it_is_small_whatever_the_grid(width: int, height: int) -> None:
    rows = thinned(np.zeros((width, height), dtype=np.int64), 5).rows
    assert 1 <= len(rows) <= min(height, MOST_POINTS)
    assert 1 <= len(rows[0]) <= min(width, MOST_POINTS)


@given(st.integers(1, 2**31), st.lists(st.integers(0, 2**31), min_size=1, max_size=99))
def test_later_is_darker_and_only_what_never_left_is_darkest(steps: int, left: list[int]) -> None:
    found = sorted(min(one, steps) for one in left)
    (row,) = thinned(np.array(found, dtype=np.int64)[:, None], steps).rows
    assert list(row) == sorted(row)
    assert [level == "f" for level in row] == [one == steps for one in found]


@pytest.mark.parametrize("rows", [(), ("00", "0"), ("g0",)])
def test_no_other_picture_is_read(rows: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        Picture(rows)
