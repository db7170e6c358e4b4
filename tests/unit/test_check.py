import numpy as np
import pytest

from implementations.check import Difference, Mismatch, compare
from implementations.grid import Heights
from implementations.problems import Problem
from implementations.registry import load

PROBLEM = Problem(20, 10, 30)


@pytest.fixture
def right() -> Heights:
    return load("floats")(PROBLEM.width, PROBLEM.height, PROBLEM.steps, PROBLEM.window)


def test_equal_answers_differ_nowhere(right: Heights) -> None:
    difference = compare(right, right.copy())
    assert difference == Difference(200, 0, ())
    assert difference.equal
    assert difference.sentence() == "all 200 pixels are equal"


def test_one_wrong_pixel_is_caught_counted_and_located(right: Heights) -> None:
    def one_pixel_wrong(*arguments: int) -> Heights:
        height = load("floats")(*arguments)
        height[12, 7] += 1
        return height

    difference = compare(right, one_pixel_wrong(PROBLEM.width, PROBLEM.height, PROBLEM.steps))
    expected = int(right[12, 7])
    assert not difference.equal
    assert difference.mismatched_pixels == 1
    assert difference.first == (Mismatch(12, 7, expected, expected + 1),)
    assert difference.sentence() == (
        f"1 of 200 pixels differ: pixel (12, 7) is {expected + 1} instead of {expected}"
    )


def test_the_first_wrong_pixels_are_named_and_all_are_counted(right: Heights) -> None:
    wrong = right.copy()
    wrong[2:4, 5:8] = -1
    difference = compare(right, wrong, show=2)
    assert difference.mismatched_pixels == 6
    assert [(pixel.i, pixel.j) for pixel in difference.first] == [(2, 5), (2, 6)]
    assert difference.sentence().endswith("; ...")


def test_a_sentence_about_all_mismatches_promises_no_more(right: Heights) -> None:
    wrong = right.copy()
    wrong[0, :3] = -1
    assert not compare(right, wrong, show=3).sentence().endswith("...")


@pytest.mark.parametrize(
    ("spoil", "form"),
    [
        (lambda right: right.T, "an array of 10 x 20 int64"),
        (lambda right: right[:, :-1], "an array of 20 x 9 int64"),
        (lambda right: right.ravel(), "an array of 200 int64"),
        (lambda right: right.astype(np.int32), "an array of 20 x 10 int32"),
        (lambda right: right.astype(np.float64), "an array of 20 x 10 float64"),
        (lambda right: right.astype(">i8"), "an array of 20 x 10 >i8"),
        (lambda right: right.tolist(), "of type list"),
        (lambda right: None, "of type NoneType"),
    ],
)
def test_another_shape_or_type_is_wrong_in_every_pixel(
    right: Heights, spoil: object, form: str
) -> None:
    assert callable(spoil)
    difference = compare(right, spoil(right))
    assert not difference.equal
    assert difference.mismatched_pixels == right.size
    assert difference.first == ()
    assert difference.sentence() == (f"the answer is {form} instead of an array of 20 x 10 int64")
