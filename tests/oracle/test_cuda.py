"""On a machine with a GPU: all that ``scripts/try-cuda`` checks."""

import pytest

from implementations import cuda_mandel
from implementations.registry import Unavailable
from scripts.try_cuda.checks import all_checks


def test_all_checks_pass_on_a_gpu() -> None:
    try:
        cuda_mandel.build()
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert [(name, said) for name, said in all_checks() if said is not None] == []
