"""What runs inside contenders' processes, here in this one: input, statements, answers."""

import ast
import functools
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hotloop.compare.inside import answers, statements
from hotloop.compare.inside.loading import functions, load_file, load_module, needs_arguments
from hotloop.compare.inside.problem import (
    NoInput,
    as_arguments,
    copier,
    examples,
    maker,
    names_of,
    used_up,
)

ROOT = Path(__file__).parents[2]
Pair = namedtuple("Pair", "a b")


def test_a_tuple_holds_the_arguments_and_anything_else_is_one() -> None:
    assert as_arguments((1, 2)) == (1, 2)
    assert as_arguments([1, 2]) == ([1, 2],)
    assert as_arguments(Pair(1, 2)) == (Pair(1, 2),)


def test_an_expression_sees_the_set_up_and_the_size() -> None:
    source = {"args": "(a * n,)", "from": None, "size_name": "n", "size": 3}
    make = maker(source, statements.namespace("a = [0] * n", names_of(source)))
    assert make is not None
    assert examples(make, 1) == [([0] * 9,)]


def test_the_generators_are_seeded_before_the_input_is_made() -> None:
    import random

    def make() -> object:
        return random.random(), np.random.rand()

    assert examples(make, 5) == examples(make, 5) != examples(make, 6)


def test_a_generator_function_yields_examples() -> None:
    def make() -> Any:
        yield 1
        yield (2, 3)

    assert examples(make, 0) == [(1,), (2, 3)]
    with pytest.raises(NoInput, match="yields nothing"):
        examples(lambda: (size for size in range(0)), 0)


def test_what_a_call_uses_up_is_named() -> None:
    assert "argument 2 is 'map', which the first call uses up" in str(used_up(([1], map(abs, [1]))))
    assert used_up(([1], "text")) is None


def test_copies_are_new_and_equal_whatever_is_copied() -> None:
    given = ([1, 2], [[1], [2]], {"a": 1}, np.arange(3), bytearray(b"x"), "text")
    fresh = copier(given)
    assert fresh is not None
    one, other = fresh(), fresh()
    assert isinstance(one[3], np.ndarray)
    assert one[3].tolist() == [0, 1, 2]
    assert one[:3] == other[:3] == given[:3]
    assert all(a is not b for a, b in zip(one[:5], other[:5], strict=True))
    assert one[1][0] is not other[1][0]  # type: ignore[index]
    assert copier((threading.Lock(),)) is None


def test_a_statement_has_the_value_of_its_last_line_and_may_assign() -> None:
    clock = time.perf_counter_ns
    scope = {"x": 5}
    took, value = statements.loop("x = x + 1\nx * 10", scope, clock)(3)
    # Each batch of calls begins with the set-up's names.
    assert (value, scope["x"]) == (80, 5)
    assert took > 0
    assert statements.loop("y = 1", {}, clock)(1)[1] is None
    assert statements.loop("[i for i in range(n)]", {"n": 2}, clock)(1)[1] == [0, 1]


def test_answers_too_large_or_without_values_are_refused(tmp_path: Path) -> None:
    file = str(tmp_path / "a")
    same = {answers.save(list(range(100)), file, 10_000) for _ in range(2)}
    assert len(same) == 1
    assert answers.save(list(range(101)), file, 10_000) not in same
    with pytest.raises(answers.NotComparable, match="larger than 0 MB"):
        answers.save(b"x" * 20_000, file, 10_000)
    with pytest.raises(answers.NotComparable, match="cannot pickle"):
        answers.save(time, file, 10_000)
    assert answers.why_lazy([1]) is None
    assert "an iterator that does its work later" in str(answers.why_lazy(map(abs, [1])))


@pytest.mark.parametrize(
    "file",
    sorted((ROOT / "hotloop/compare/inside").glob("*.py"))
    + sorted((ROOT / "hotloop/compute/inside").glob("*.py"))
    + sorted((ROOT / "hotloop/techniques/inside").glob("*.py"))
    + [ROOT / f"hotloop/timing/{name}.py" for name in ("worker", "serving")],
    ids=lambda file: f"{file.parents[1].name}-{file.stem}",
)
def test_a_contender_may_run_in_python_3_8(file: Path) -> None:
    ast.parse(file.read_text(), feature_version=(3, 8))
    assert "from __future__ import annotations" in file.read_text() or file.stem == "__init__"


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leaves the path and the modules as they were."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("first", ["", "from .hot import loop\n"])
def test_a_file_of_a_package_may_import_from_it(tmp_path: Path, first: str) -> None:
    inner = tmp_path / "outer_package" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "outer_package" / "__init__.py").touch()
    (inner / "__init__.py").write_text(first)
    (inner / "helpers.py").write_text("def helper(n): return n + 1\n")
    (inner / "hot.py").write_text("from .helpers import helper\ndef loop(n): return helper(n)\n")
    module = load_file(f"{inner}/hot.py")
    assert module.loop(1) == 2
    assert module.__name__ == "outer_package.inner.hot"
    assert load_file(f"{inner}/hot.py") is module
    assert functions(module, (1,)) == ["loop"]


@pytest.mark.usefixtures("clean")
def test_modules_of_the_current_folder_are_found_after_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_here.py").write_text("def f(): return 3\n")
    (tmp_path / "fractions.py").write_text("raise SystemExit\n")
    monkeypatch.chdir(tmp_path)
    assert load_module({"module": "only_here"}).f() == 3
    assert statements.namespace("from fractions import Fraction", {})["Fraction"](1, 2) == 0.5


@pytest.mark.parametrize(
    ("function", "needs"),
    [
        (lambda: 1, False),
        (lambda x: 1, True),
        (lambda x=1, *, y=2, **more: 1, False),
        (lambda x=1, *, y: 1, True),
        (lambda *all_of: 1, False),
        (functools.wraps(lambda x: 1)(lambda *all_of: 1), True),
        (functools.partial(lambda x: 1, 1), False),
        (sum, True),
    ],
)
def test_what_needs_arguments_is_known_before_it_is_called(function: Any, needs: bool) -> None:
    assert needs_arguments(function) is needs
