"""What is timed of a variant: its whole problem, after a warm-up that leaves nothing to compile."""

import numpy as np
import pytest

from implementations.problems import Problem
from implementations.registry import LADDER, load
from implementations.workload import prepare

PROBLEM = Problem(7, 5, 40, (-2.0, 1.0, -1.0, 1.0))


@pytest.mark.parametrize("name", [variant.name for variant in LADDER])
def test_a_workload_computes_its_whole_problem(name: str) -> None:
    workload = prepare(name, PROBLEM)
    assert np.array_equal(workload.call(), load("floats")(7, 5, 40, PROBLEM.window))


@pytest.mark.parametrize("name", [variant.name for variant in LADDER])
def test_warming_up_computes_next_to_nothing(name: str) -> None:
    assert prepare(name, PROBLEM).warm_up().shape == (1, 1)


def test_warming_up_leaves_nothing_to_compile() -> None:
    numba_mandel = pytest.importorskip("implementations.numba_mandel")
    workload = prepare("numba", PROBLEM)
    workload.warm_up()
    compiled = list(numba_mandel._fill.signatures)
    workload.call()
    assert numba_mandel._fill.signatures == compiled


def test_numba_tells_the_threads_that_it_may_use() -> None:
    numba = pytest.importorskip("numba")
    workload = prepare("numba_threads", Problem(320, 240, 255, PROBLEM.window))
    workload.call()
    allowed = numba.get_num_threads()
    try:
        for threads in {1, allowed}:
            numba.set_num_threads(threads)
            assert workload.threads() == threads
    finally:
        numba.set_num_threads(allowed)
    assert prepare("numba_threads", PROBLEM).threads() == 1
