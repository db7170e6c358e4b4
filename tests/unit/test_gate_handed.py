"""What tells the gate that calls leave work to threads that go on after them."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from hotloop.gate.pairs.unfinished import Unfinished
from hotloop.gate.worker.handed import Handed
from hotloop.gate.worker.pytests.calls import TestCall as CallOfATest
from hotloop.gate.worker.pytests.fixtures import pedantic
from hotloop.gate.worker.warm_up import warm_up
from tests.campaigns import benchmark
from tests.unit.test_gate_first_calls import costs

BUSY = {"other_threads_s": 1.0, "elapsed_s": 1.0}


def work() -> None:
    sum(range(200_000))


@contextlib.contextmanager
def pool() -> Iterator[Callable[..., Future[None]]]:
    with ThreadPoolExecutor(1) as made:
        yield made.submit
        made.shutdown(wait=False, cancel_futures=True)


def warmed(call: Callable[[], object]) -> bool:
    return bool(warm_up(CallOfATest(call), 0.0)["goes_on"])


def in_rounds(call: Callable[[], object]) -> bool:
    return bool(pedantic(call, rounds=30, of_codspeed=False).costs(False)["goes_on"])


@pytest.mark.parametrize("goes_on", [warmed, in_rounds])
def test_work_that_calls_do_not_wait_for_goes_on(goes_on: Callable[..., bool]) -> None:
    def found() -> bool:
        with pool() as submit:

            def leave() -> None:
                submit(work)

            return goes_on(leave)

    # The thread may get a CPU late.
    assert any(found() for _ in range(5))


@pytest.mark.parametrize("goes_on", [warmed, in_rounds])
def test_work_that_calls_wait_for_does_not(goes_on: Callable[..., bool]) -> None:
    with pool() as submit:
        assert not goes_on(lambda: submit(work).result())
    assert not goes_on(work)


def test_who_is_busy_whatever_calls_do_has_no_work_of_theirs() -> None:
    end = threading.Event()

    def spin() -> None:
        while not end.is_set():
            pass

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        handed: Any = Handed()
        # As if it had not been before, though other programs may have had the CPU.
        assert not handed.goes_on(BUSY) or not handed._rested
    finally:
        end.set()
        thread.join()


def test_what_goes_on_is_told() -> None:
    found = Unfinished()
    found.note(benchmark("s.time_a"), costs(1e-6), costs(1e-6, goes_on=True))
    found.note(benchmark("s.time_b"), costs(1e-6), costs(1e-6))
    assert found.remarks == (
        "the calls of 1 benchmark leave work to threads that go on after them: s.time_a (calls of "
        "1.00 us and 1.00 us); what these do then is in no verdict: wait for it in each call",
    )
