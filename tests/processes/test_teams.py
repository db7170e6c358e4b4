"""How many threads a variant has, told in its own process: with and without what limits them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Each case in a process that has loaded no variant yet, and so no OpenMP, which reads the variables
# when it is loaded: a fork of one that has loaded NumPy.
CODE = """
import json, os, sys
from implementations.problems import Problem
from implementations.workload import prepare
for variant, variables, width in json.loads(sys.argv[1]):
    if not os.fork():
        os.environ.update(variables)
        workload = prepare(variant, Problem(width, 240, 255, (-2.5, 0.5, -1.2, 1.2)))
        workload.call()
        print(workload.threads(), flush=True)
        os._exit(0)
    assert not os.wait()[1]
"""
CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
LIMITS = ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OMP_DYNAMIC", "NUMBA_NUM_THREADS")
WIDE, NARROW = 320, 1
# Variant, variables, width of the problem: how many threads it is to tell.
TOLD = {
    ("threads", "", WIDE): str(CPUS),
    ("threads", "OMP_NUM_THREADS=1", WIDE): "1",
    ("threads", "OMP_THREAD_LIMIT=1", WIDE): "1",
    ("threads", "OMP_DYNAMIC=true", WIDE): "None",
    ("fastest", "OMP_NUM_THREADS=1", WIDE): str(CPUS),
    # A small problem is worth one thread, as is a variant that has no other.
    ("fastest", "", NARROW): "1",
    ("floats", "", NARROW): "1",
}
COMPILED = ("numba_threads", "NUMBA_NUM_THREADS=1", WIDE)


def told(*cases: tuple[str, str, int]) -> list[str]:
    others = {name: value for name, value in os.environ.items() if name not in LIMITS}
    asked = [
        (variant, dict([variables.split("=")]) if variables else {}, width)
        for variant, variables, width in cases
    ]
    return subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(asked)],
        env=others | {"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()


def test_a_variant_tells_its_threads() -> None:
    assert dict(zip(TOLD, told(*TOLD), strict=True)) == TOLD


# It compiles for seconds.
@pytest.mark.thorough(
    "test_a_variant_tells_its_threads",
    "oracle/test_variants_workloads.py::test_numba_tells_the_threads_that_it_may_use",
)
def test_a_variant_of_numbas_tells_its_threads() -> None:
    assert told(COMPILED) == ["1"]
