"""Which CPUs pairs are timed on, and who has the machine alone."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from hotloop.gate.pairs.lanes import Lane, Room, lanes_on

# Enough for a second thread to come in, if the room let it.
HANDING_OVER_S = 0.01


@pytest.mark.parametrize(
    ("cpus", "lanes"),
    [
        ({0}, [Lane(0, frozenset({0}))]),
        ({0, 1}, [Lane(1, frozenset({1})), Lane(0, frozenset({0}))]),
        ({2, 4, 6, 9}, [Lane(9, frozenset({2, 4, 9})), Lane(6, frozenset({2, 4, 6}))]),
    ],
)
def test_lanes_are_on_the_last_cpus_and_get_ready_off_each_other(
    cpus: set[int], lanes: list[Lane], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: cpus, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", lambda _pid, _cpus: None, raising=False)
    assert lanes_on(2) == tuple(lanes)


def test_where_nothing_can_be_pinned_there_is_one_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    (lane,) = lanes_on(2)
    assert lane == Lane(None, None)
    with lane.keeping_to():
        pass


def test_a_thread_gets_its_cpus_back() -> None:
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system cannot pin")
    before = os.sched_getaffinity(0)
    with lanes_on(2)[0].keeping_to():
        assert os.sched_getaffinity(0) <= before
    assert os.sched_getaffinity(0) == before


def test_who_wants_the_room_alone_waits_for_the_others_and_keeps_them_out() -> None:
    room = Room()
    order: list[str] = []
    asked = threading.Event()

    def alone() -> None:
        room.enter()
        asked.set()
        room.have_alone()
        order.append("alone")
        room.leave()

    def late() -> None:
        room.enter()
        order.append("late")
        room.leave()

    room.enter()
    with ThreadPoolExecutor() as threads:
        first = threads.submit(alone)
        assert asked.wait(timeout=60)
        while not room._wants_alone:
            pass
        second = threads.submit(late)
        order.append("others")
        room.leave()
        for future in (first, second):
            future.result(timeout=60)
    assert order == ["others", "alone", "late"]


def test_who_has_the_room_alone_may_ask_for_it_again() -> None:
    room = Room()
    for _ in range(2):
        room.enter()
        room.have_alone()
        room.have_alone()
        room.leave()


def test_two_who_want_the_room_alone_get_it_one_after_the_other() -> None:
    room = Room()
    inside = 0
    most = 0
    both = threading.Barrier(2)

    def alone() -> None:
        nonlocal inside, most
        room.enter()
        both.wait(timeout=60)
        room.have_alone()
        inside += 1
        most = max(most, inside)
        time.sleep(HANDING_OVER_S)
        inside -= 1
        room.leave()

    with ThreadPoolExecutor() as threads:
        for future in [threads.submit(alone) for _ in range(2)]:
            future.result(timeout=60)
    assert most == 1
