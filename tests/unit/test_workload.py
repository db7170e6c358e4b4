import json

import numpy as np
import pytest

from implementations.problems import Problem
from implementations.registry import load
from implementations.workload import iterations, prepare, prepare_from_dict

PROBLEM = Problem(7, 5, 40, (-2.0, 1.0, -1.0, 1.0))
AS_JSON = """{
    "variant": "floats",
    "problem": {"width": 7, "height": 5, "steps": 40, "window": [-2.0, 1.0, -1.0, 1.0]}
}"""


def test_a_workload_comes_from_json() -> None:
    workload = prepare_from_dict(json.loads(AS_JSON))
    assert np.array_equal(workload.call(), prepare("floats", PROBLEM).call())


def test_an_unknown_key_is_an_error() -> None:
    arguments = json.loads(AS_JSON)
    with pytest.raises(ValueError, match="not variant, problem, threads"):
        prepare_from_dict({**arguments, "threads": 2})
    with pytest.raises(TypeError, match="depth"):
        prepare_from_dict({**arguments, "problem": {**arguments["problem"], "depth": 2}})


def test_a_missing_key_is_an_error() -> None:
    with pytest.raises(ValueError, match="not variant"):
        prepare_from_dict({"variant": "floats"})


def test_a_problem_from_json_is_checked_too() -> None:
    arguments = json.loads(AS_JSON)
    arguments["problem"]["width"] = 0
    with pytest.raises(ValueError, match="width"):
        prepare_from_dict(arguments)


def test_iterations_count_the_steps_until_escape() -> None:
    outside, inside = (2.0, 3.0, 2.0, 3.0), (-0.1, 0.1, -0.1, 0.1)
    assert iterations(load("floats")(3, 2, 50, outside)) == 0
    assert iterations(load("floats")(3, 2, 50, inside)) == 3 * 2 * 50
