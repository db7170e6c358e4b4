"""What is refused before numba is asked."""

import functools
import sys
from pathlib import Path
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


def test_a_numba_that_is_not_installed_and_a_broken_one_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patch:
        # The import fails, as where there is none.
        patch.setitem(sys.modules, "numba", None)
        with pytest.raises(Unavailable, match=r"^numba is not installed: pip install numba$"):
            compiled(plain, __file__)
    (tmp_path / "numba.py").write_text("import nothing_of_numbas\n")
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Unavailable, match=r"^numba: No module named 'nothing_of_numbas'$"):
        compiled(plain, __file__)


def test_what_numba_would_call_a_wrong_call_is_refused_with_its_line() -> None:
    with pytest.raises(Unavailable, match=r"^line \d+: numba knows no default of factor"):
        compiled(scaled, __file__)


def test_a_wrapper_with_options_is_refused_with_its_line() -> None:
    with pytest.raises(Unavailable, match=r"^line \d+, @functools.wraps\(plain\): .*\*\*options"):
        compiled(wrapper, __file__)
