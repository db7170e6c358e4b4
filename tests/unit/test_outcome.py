"""The exit code that follows from how the variants of a ladder ended."""

from typing import NamedTuple

import pytest

from hotloop.base.outcome import Status, exit_code


class Row(NamedTuple):
    name: str
    status: Status


OK, UNAVAILABLE, WRONG, FAILED = Status.OK, Status.UNAVAILABLE, Status.WRONG, Status.FAILED


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ((OK, OK), 0),
        ((OK, UNAVAILABLE), 0),
        ((OK, WRONG), 1),
        ((OK, UNAVAILABLE, WRONG), 1),
        ((OK, FAILED), 4),
        ((OK, WRONG, FAILED), 4),
        ((WRONG,), 1),
        ((UNAVAILABLE, UNAVAILABLE), 4),
        ((FAILED,), 4),
        ((), 4),
    ],
)
def test_the_exit_code_is_that_of_the_worst_variant(
    statuses: tuple[Status, ...], code: int
) -> None:
    rows = [Row(f"v{place}", status) for place, status in enumerate(statuses)]
    assert exit_code(rows, asked=()) == code


def test_a_variant_asked_for_by_name_must_be_there() -> None:
    rows = [Row("python", OK), Row("numba", UNAVAILABLE), Row("cython", WRONG)]
    assert exit_code(rows, asked=("python", "cython")) == 1
    assert exit_code(rows, asked=("python", "numba")) == 4
