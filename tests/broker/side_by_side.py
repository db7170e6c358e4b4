"""Runs that wait most of their time, side by side: each test takes the result of its own.

A fixture of a file begins those that this session's tests will ask for, in threads. What a run
asserts by itself, the test that takes its result says.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import pytest

T = TypeVar("T")

# On two cores, beside other tests.
AT_ONCE = 4


def chosen(request: pytest.FixtureRequest, parameter: str, *tests: str) -> tuple[str, ...]:
    """With what ``parameter`` this session runs those tests of the file; all of its, if none."""
    found = (
        str(item.callspec.params[parameter])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path == request.path
        if (item.originalname in tests or not tests) and parameter in item.fixturenames
    )
    return tuple(dict.fromkeys(found))


@contextmanager
def begun(runs: Mapping[str, Callable[[], T]]) -> Iterator[Mapping[str, "Future[T]"]]:
    """Each of ``runs`` by its name; none goes on when the context ends."""
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield {name: pool.submit(run) for name, run in runs.items()}
    finally:
        pool.shutdown(cancel_futures=True)
