"""How many threads a variant has, told in its own process: with and without what limits them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = """
import sys
from implementations.problems import Problem
from implementations.workload import prepare
workload = prepare(sys.argv[1], Problem(int(sys.argv[2]), 240, 255, (-2.5, 0.5, -1.2, 1.2)))
workload.call()
print(workload.threads())
"""
CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
LIMITS = ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OMP_DYNAMIC", "NUMBA_NUM_THREADS")


def threads(variant: str, variables: dict[str, str], width: int = 320) -> str:
    others = {name: value for name, value in os.environ.items() if name not in LIMITS}
    return subprocess.run(
        [sys.executable, "-c", CODE, variant, str(width)],
        env=others | {"PYTHONPATH": str(ROOT)} | variables,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


@pytest.mark.parametrize(
    ("variant", "variables", "told"),
    [
        ("threads", {}, str(CPUS)),
        ("threads", {"OMP_NUM_THREADS": "1"}, "1"),
        ("threads", {"OMP_THREAD_LIMIT": "1"}, "1"),
        ("threads", {"OMP_DYNAMIC": "true"}, "None"),
        pytest.param(
            *("numba_threads", {"NUMBA_NUM_THREADS": "1"}, "1"),
            # It compiles for seconds.
            marks=pytest.mark.thorough(
                "oracle/test_variants_workloads.py::test_numba_tells_the_threads_that_it_may_use"
            ),
        ),
        ("fastest", {"OMP_NUM_THREADS": "1"}, str(CPUS)),
    ],
)
def test_a_variant_tells_its_threads(variant: str, variables: dict[str, str], told: str) -> None:
    assert threads(variant, variables) == told


@pytest.mark.parametrize("variant", ["fastest", "floats"])
def test_a_small_problem_is_worth_one_thread_as_is_a_variant_that_has_no_other(
    variant: str,
) -> None:
    assert threads(variant, {}, width=1) == "1"
