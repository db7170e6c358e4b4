"""The same eight as in benchmarks/, as tests of pytest-benchmark."""

import pytest
from known import extension, interpreted, jit
from known.percent import PERCENT


@pytest.mark.parametrize(
    ("function", "turns"),
    [
        pytest.param(interpreted.loop, 4, id="loop"),
        pytest.param(interpreted.dictionary, 1, id="dictionary"),
        pytest.param(interpreted.document, 2, id="document"),
        pytest.param(interpreted.order, 5, id="order"),
        pytest.param(interpreted.objects, 10, id="objects"),
        pytest.param(interpreted.loop, 150_000, id="slow"),
        pytest.param(extension.loop, 1_500, id="extension"),
        pytest.param(jit.loop, 1_500, id="jit"),
    ],
)
def test_known(benchmark, function, turns):
    """As long as the benchmark of this name in benchmarks/."""
    benchmark(function, turns * PERCENT)
