"""The compute ladder under pytest-benchmark: the workloads that asv and `hotloop compute` time.

pytest --benchmark-only
"""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from implementations.problems import PROBLEMS
from implementations.registry import VARIANTS, Unavailable
from implementations.workload import iterations, prepare


# Collected garbage belongs to the whole process, so that it is off while a call is timed, as in
# timeit and in the harness.
@pytest.mark.benchmark(disable_gc=True)
@pytest.mark.parametrize("variant", [variant.name for variant in VARIANTS])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_grid(benchmark: BenchmarkFixture, problem: str, variant: str) -> None:
    try:
        workload = prepare(variant, PROBLEMS[problem])
    except Unavailable as reason:
        pytest.skip(str(reason))
    workload.warm_up()
    benchmark.group = problem
    updates = iterations(benchmark(workload.call))
    benchmark.extra_info["iterations"] = updates
    # No figures with --benchmark-disable, which runs each call once.
    if benchmark.stats is not None:
        median_s = benchmark.stats.stats.median
        benchmark.extra_info["iterations_per_second"] = updates / median_s
