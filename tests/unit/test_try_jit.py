"""What is refused before numba is asked."""

import functools
from typing import Any

import pytest

from hotloop.techniques.inside.jit import Unavailable, compiled


def plain(xs: list[int]) -> int:
    return sum(xs)


@functools.wraps(plain)
def wrapper(*args: Any, shift: int = 0, **options: Any) -> int:
    return plain(*args, **options) + shift


def test_a_wrapper_with_options_is_refused_with_its_line() -> None:
    with pytest.raises(Unavailable, match=r"^line \d+, @functools.wraps\(plain\): .*\*\*options"):
        compiled(wrapper, __file__)
