"""What stands beside the ladder: right where it promises to be, close where it does not."""

import numpy as np
import pytest

from implementations.check import compare
from implementations.problems import Problem
from implementations.registry import OTHERS, CompiledFor, Unavailable, Variant, get
from implementations.workload import Workload, prepare
from tests.oracle import escape_time
from tests.oracle.variants import parameter

BY_NAME = [parameter(variant, variant) for variant in OTHERS]

ORDINARY = Problem(61, 43, 120)
RADIUS = 1e-13
DEEP = Problem(
    9,
    9,
    5_000,
    (
        -0.743643887037151 - RADIUS,
        -0.743643887037151 + RADIUS,
        0.131825904205330 - RADIUS,
        0.131825904205330 + RADIUS,
    ),
)
# A fused multiply-add moves the answer of a pixel here and there at the set's edge.
MAY_DIFFER = 0.01


def prepared(variant: Variant, problem: Problem) -> Workload:
    try:
        return prepare(variant.name, problem)
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("variant", BY_NAME)
def test_an_ordinary_picture_is_right_or_nearly(variant: Variant) -> None:
    difference = compare(escape_time.heights(ORDINARY), prepared(variant, ORDINARY).call())
    assert difference.form is None
    allowed = 0 if variant.exact else MAY_DIFFER * ORDINARY.pixels
    assert difference.mismatched_pixels <= allowed, difference.sentence()


@pytest.mark.parametrize("variant", [p for p, v in zip(BY_NAME, OTHERS, strict=True) if v.exact])
def test_who_promises_to_be_exact_rounds_every_operation_once(variant: Variant) -> None:
    difference = compare(escape_time.heights(DEEP), prepared(variant, DEEP).call())
    assert difference.equal, difference.sentence()


@pytest.mark.parametrize("variant", BY_NAME)
def test_nothing_and_everything_escaping_are_no_special_cases(variant: Variant) -> None:
    for window in ((2.0, 3.0, 2.0, 3.0), (-0.1, 0.1, -0.1, 0.1)):
        problem = Problem(7, 5, 30, window)
        answer = prepared(variant, problem).call()
        assert np.array_equal(answer, escape_time.heights(problem))
    assert np.array_equal(prepared(variant, Problem(3, 2, 0)).call(), np.zeros((3, 2), np.int64))


def test_a_compiler_that_works_for_each_shape_is_warmed_up_on_the_whole_problem() -> None:
    assert get("jax").compiled_for is CompiledFor.SHAPES
    workload = prepared(get("jax"), ORDINARY)
    assert workload.warm_up is workload.call
