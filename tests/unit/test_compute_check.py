import numpy as np
import pytest

from hotloop.compute.check import Arbiter, Checker, Heights, choose_arbiter, estimate_reference_s
from implementations.problems import Problem
from implementations.workload import prepare

PROBLEM = Problem(12, 9, 30)
RIGHT = prepare("python", PROBLEM).call()


def broken_at(*places: tuple[int, int]) -> Heights:
    answer = RIGHT.copy()
    for place in places:
        answer[place] += 1
    return answer


def checker(arbiter: Arbiter = Arbiter("python")) -> Checker:  # noqa: B008 - frozen
    return Checker(PROBLEM, arbiter)


def test_equal_answers_pass_and_the_sentence_says_so() -> None:
    check = checker()
    assert check.judge({"python": RIGHT, "numba": RIGHT.copy()}) == {}
    assert check.sentence() == "all variants equal python bit for bit on this problem"
    assert check.mismatched_pixels("numba") == 0


def test_one_wrong_pixel_is_named_and_located() -> None:
    check = checker()
    wrong = check.judge({"python": RIGHT, "numba": broken_at((3, 4))})
    assert set(wrong) == {"numba"}
    assert "pixel (3, 4)" in wrong["numba"]
    assert check.mismatched_pixels("numba") == 1
    assert check.sentence() == "not equal to python on this problem: numba"


def test_an_answer_of_another_shape_counts_no_pixels() -> None:
    check = checker()
    assert "numba" in check.judge({"python": RIGHT, "numba": RIGHT.T.copy()})
    assert check.mismatched_pixels("numba") is None


def test_without_the_references_own_answer_it_is_computed() -> None:
    check = checker()
    assert set(check.judge({"numba": broken_at((0, 0)), "cython": RIGHT})) == {"numba"}
    assert np.array_equal(check.expected(), RIGHT)


def test_the_worst_of_several_answers_is_remembered() -> None:
    check = checker()
    check.judge({"python": RIGHT, "numba": broken_at((1, 1), (2, 2))})
    check.judge({"python": RIGHT, "numba": RIGHT})
    assert check.mismatched_pixels("numba") == 2


def test_a_reference_that_fits_the_budget_judges_itself() -> None:
    assert choose_arbiter(PROBLEM, reference_s=1.0, limit_s=2.0) == Arbiter("python")


def test_a_reference_that_is_too_slow_is_stood_in_for_by_a_variant_proved_equal_to_it() -> None:
    problem = Problem(60, 40, 50)
    arbiter = choose_arbiter(problem, reference_s=100.0, limit_s=2.0)
    assert arbiter.name != "python"
    assert arbiter.compared_on is not None
    assert arbiter.compared_on.pixels <= problem.pixels / 100
    check = Checker(problem, arbiter)
    check.judge({arbiter.name: prepare("python", problem).call()})
    assert f"python equals {arbiter.name} on the same window at" in check.sentence()


def test_the_reference_is_estimated_from_smaller_grids() -> None:
    # A step takes more than a nanosecond on any machine, less than 10 ms on a busy one.
    problem = Problem(200, 150, 60)
    assert 1e-9 < estimate_reference_s(problem) / (problem.pixels * problem.steps) < 1e-2


def test_nothing_compared_is_not_called_equal() -> None:
    assert checker().sentence() == "nothing could be compared"


@pytest.mark.parametrize("seconds", [0.0, 5.0])
def test_a_problem_of_one_pixel_has_an_arbiter(seconds: float) -> None:
    choose_arbiter(Problem(1, 1, 1), reference_s=max(seconds, 1e-9), limit_s=1.0)
