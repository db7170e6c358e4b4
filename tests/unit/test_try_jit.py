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


def scaled(n: int, *, factor: int = 3) -> int:
    return n * factor


def test_what_numba_would_call_a_wrong_call_is_refused_with_its_line() -> None:
    with pytest.raises(Unavailable, match=r"^line \d+: numba knows no default of factor"):
        compiled(scaled, __file__)


def test_a_wrapper_with_options_is_refused_with_its_line() -> None:
    with pytest.raises(Unavailable, match=r"^line \d+, @functools.wraps\(plain\): .*\*\*options"):
        compiled(wrapper, __file__)
