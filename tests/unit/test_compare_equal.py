"""The first difference of two answers, and its place."""

import dataclasses
import enum
import math
from array import array
from collections import OrderedDict, deque
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hotloop.compare.inside.equal import EXACT, Rules, TooDeep, first_difference


@dataclasses.dataclass
class Point:
    x: float
    y: float


class Bare:
    def __init__(self, value: object) -> None:
        self.value = value


@dataclasses.dataclass
class Holder:
    value: object


class Strict(Bare):
    """Like some that hold arrays: its == raises."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("ambiguous")

    __hash__ = None  # type: ignore[assignment]


class Own(Bare):
    """Never equal, whatever it holds."""

    def __eq__(self, other: object) -> bool:
        return False

    def __repr__(self) -> str:
        return "Own()"

    __hash__ = None  # type: ignore[assignment]


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


NAN = float("nan")


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (1, 1),
        (1, 1.0),
        (True, 1),
        (NAN, NAN),
        ([1, [2, NAN]], [1, [2, NAN]]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (OrderedDict(a=1), {"a": 1}),
        ({1, 2}, frozenset({2, 1})),
        (Decimal("1.0"), Decimal("1.00")),
        (Point(1.0, 2.0), Point(1.0, 2.0)),
        (Bare([1, NAN]), Bare([1, NAN])),
        (Point(NAN, 2.0), Point(float("nan"), 2.0)),
        (Holder(np.arange(3)), Holder(np.arange(3))),
        (SimpleNamespace(a=NAN), SimpleNamespace(a=float("nan"))),
        (deque([1, NAN]), deque([1, float("nan")])),
        (array("d", [1, NAN]), array("d", [1, NAN])),
        ({1, NAN}, {1, float("nan")}),
        (Decimal("nan"), Decimal("nan")),
        (ValueError("a"), ValueError("a")),
        (Strict([1]), Strict([1])),
        (np.ma.array([1.0, 2.0], mask=[False, True]), np.ma.array([1.0, 7.0], mask=[False, True])),
        (np.ma.array([1.0, 2.0], mask=True), np.ma.array([1.0, 7.0], mask=True)),
        (np.float64(0.1), 0.1),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan])),
        (np.array([], dtype="f4"), np.array([], dtype="f4")),
        (np.array(["a", None], dtype=object), np.array(["a", None], dtype=object)),
        (np.array(["NaT"], dtype="M8[s]"), np.array(["NaT"], dtype="M8[s]")),
        (None, None),
    ],
)
def test_equal_values_have_no_difference(expected: object, actual: object) -> None:
    assert first_difference(expected, actual) is None


@pytest.mark.parametrize(
    ("expected", "actual", "sentence"),
    [
        (1, 2, "2 instead of 1"),
        (0.0, -0.0, "-0.0 instead of 0.0"),
        (1j, complex(0.0, -1.0), "-1j instead of 1j"),
        ([1, {"x": (5, 6)}], [1, {"x": (5, 7)}], "7 instead of 6 at [1]['x'][1]"),
        ([1, 2, 3], [1, 2], "2 items instead of 3"),
        ([1], (1,), "(1,) instead of [1]"),
        ({"a": 1}, {"b": 1}, "the key 'a' is missing"),
        ({"a": 1}, {"a": 1, "b": 1}, "the key 'b' is too much"),
        ({1, 2}, {1}, "the element 2 is missing"),
        ("a" * 70 + "b", "a" * 70 + "c", "'c' instead of 'b' at [70:]"),
        (Point(1.0, 2.0), Point(1.0, 3.0), "3.0 instead of 2.0 at .y"),
        (Bare([1, 2]), Bare([1, 3]), "3 instead of 2 at .value[1]"),
        (np.zeros(3), np.zeros((3, 1)), "shape (3, 1) instead of (3,)"),
        (np.zeros(3), np.zeros(3, "f4"), "dtype float32 instead of float64"),
        (np.zeros(2), [0.0, 0.0], "list instead of np.ndarray"),
        (
            np.array([[1, 2], [3, 4]]),
            np.array([[1, 2], [5, 6]]),
            "2 of 4 elements differ, the first is 5 instead of 3 at [1, 0]",
        ),
        (np.array([0.0]), np.array([-0.0]), "-0.0 instead of 0.0 at [0]"),
        (
            0.1 + 0.2,
            0.3,
            "0.3 instead of 0.30000000000000004 (relative error 2e-16: --check close:1e-15)",
        ),
        (1, None, "None instead of 1"),
        (Point(0.0, 2.0), Point(-0.0, 2.0), "-0.0 instead of 0.0 at .x"),
        (array("d", [0.0]), array("d", [-0.0]), "-0.0 instead of 0.0 at [0]"),
        (SimpleNamespace(a=1), SimpleNamespace(b=1), "the attribute a is on one side only"),
        (deque([1, 2]), deque([1, 3]), "3 instead of 2 at [1]"),
        ({NAN}, {NAN, 1}, "the element 1 is too much"),
        (ValueError("a"), ValueError("b"), "'b' instead of 'a' at .args[0]"),
        (Colour.RED, Colour.BLUE, "<Colour.BLUE: 2> instead of <Colour.RED: 1>"),
        (Strict([]), Strict([1]), "1 items instead of 0 at .value"),
        (Own(1), Own(1), "two tests.unit.test_compare_equal.Own that are not =="),
        (
            np.ma.array([1, 2], mask=[False, True]),
            np.ma.array([1, 9], mask=[False, False]),
            "1 of 2 elements differ, the first is False instead of True at .mask[1]",
        ),
        (
            np.array([1.0, 2.0]),
            np.ma.array([1.0, 2.0], mask=[False, True]),
            "1 of 2 elements differ, the first is True instead of False at .mask[1]",
        ),
        (1, "1", "'1' instead of 1"),
    ],
)
def test_the_first_difference_is_said_with_its_place(
    expected: object, actual: object, sentence: str
) -> None:
    found = first_difference(expected, actual)
    assert found is not None
    assert found.sentence() == sentence


def test_types_of_equal_values_are_told_but_do_not_count() -> None:
    types: dict[str, str] = {}
    assert first_difference([1, 2.0], [1, np.float64(2.0)], types=types) is None
    assert types == {"[1]": "np.float64 instead of float"}


@pytest.mark.parametrize(
    ("expected", "actual"),
    [(1, 1.0), (1, True), ([1], [np.int64(1)]), ({"a": 1, "b": 2}, {"b": 2, "a": 1})],
)
def test_exactly_equal_means_types_and_orders_too(expected: object, actual: object) -> None:
    assert first_difference(expected, actual, EXACT) is not None
    assert first_difference(expected, expected, EXACT) is None


@pytest.mark.parametrize(
    "wrap", [lambda x: x, np.array, lambda x: {"a": x}], ids=["list", "array", "dict"]
)
def test_close_allows_a_relative_error_and_no_more(wrap: Any) -> None:
    one, near, far = (
        wrap([1.0, 1e300, math.inf]),
        wrap([1.0, 1.0000001e300, math.inf]),
        wrap([1.0, 1.001e300, math.inf]),
    )
    assert first_difference(one, near, Rules(close=1e-6)) is None
    said = first_difference(0.3, 0.1 + 0.2, Rules(option="--close "))
    assert said is not None
    assert said.sentence().endswith("(relative error 2e-16: --close 1e-15)")
    assert first_difference(one, far, Rules(close=1e-6)) is not None
    assert first_difference(one, wrap([1.0, NAN, math.inf]), Rules(close=1e-6)) is not None


def test_answers_that_hold_themselves_can_be_compared() -> None:
    one: list[Any] = [1]
    one.append(one)
    other: list[Any] = [1]
    other.append(other)
    assert first_difference(one, other) is None


def test_answers_nested_too_deeply_are_a_sentence() -> None:
    one: list[Any] = []
    other: list[Any] = []
    for _ in range(100_000):
        one, other = [one], [other]
    with pytest.raises(TooDeep, match="nested too deeply"):
        first_difference(one, other)
    # Taken apart here: the interpreter's own way of doing it may need as deep a stack.
    while one:
        one, other = one.pop(), other.pop()
