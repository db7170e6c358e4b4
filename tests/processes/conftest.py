"""Processes that only do what others did before them need not load it all again."""

from collections.abc import Iterator

import pytest

from tests import warm


@pytest.fixture(scope="session", autouse=True)
def builders() -> Iterator[None]:
    """Those of gates that run in the process of the tests."""
    with warm.everywhere(warm.GATE_BUILDER):
        yield


@pytest.fixture(scope="module")
def compilers() -> Iterator[None]:
    """Those that compile one function or file each, where what they make is looked at."""
    with warm.everywhere(warm.WHEEL, *warm.COMPILERS):
        yield


@pytest.fixture(scope="module")
def gate_workers() -> Iterator[None]:
    """Those of gates too. For tests of what workers do, not of how they start or lie in memory."""
    with warm.everywhere(*warm.GATE_WORKERS):
        yield


@pytest.fixture(scope="module")
def timing_workers() -> Iterator[None]:
    """Those of comparisons that run in the process of the tests, where their memory is not told.

    And those that compare the answers.
    """
    with warm.everywhere(warm.TIMING_WORKER, warm.JUDGE):
        yield


@pytest.fixture(scope="module")
def examiners() -> Iterator[None]:
    """Those that look at the function of ``hotloop try``."""
    with warm.everywhere(warm.EXAMINER):
        yield
