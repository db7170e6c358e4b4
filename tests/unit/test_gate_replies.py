"""What the gate's worker answers where a benchmark raises, whatever it raises."""

import os

import pytest

from hotloop.gate.worker.serve import Worker


class Unasked(Worker):
    """One without pipes, in the middle of a call."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._stage = "the call"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("boom\nand more"), "the call raised ValueError: boom"),
        (SystemExit("good bye"), "the call raised SystemExit: good bye"),
        (SystemExit(0), "the call raised SystemExit: 0"),
        (KeyboardInterrupt(), "the call raised KeyboardInterrupt"),
        (TimeoutError("no answer"), "the call raised TimeoutError: no answer"),
        (MemoryError(), "the call raised MemoryError"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_a_benchmark_raises_is_told_and_ends_no_worker(
    error: BaseException, told: str
) -> None:
    def work() -> None:
        raise error

    assert Unasked()._reply_of(work) == {"error": type(error).__name__, "message": told}
