"""Whoever passes the turn waits until its threads are at rest: in ladders and in the gate."""

from types import ModuleType

import pytest

from hotloop.gate.worker import process
from hotloop.timing import worker

# The kernel notes what a thread has used at its ticks, 250 or 100 a second.
TICKS_S = [0.004, 0.01]


class Spinning:
    """The module ``time`` of a process, one thread of which is busy for a while."""

    def __init__(self, busy_s: float, tick_s: float) -> None:
        self.now_s = 0.0
        self._busy_s, self._tick_s = busy_s, tick_s

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def process_time(self) -> float:
        return min(self.now_s, self._busy_s) // self._tick_s * self._tick_s


@pytest.mark.parametrize("module", [worker, process])
@pytest.mark.parametrize("tick_s", TICKS_S)
@pytest.mark.parametrize("busy_s", [0.0, 0.03, 0.1, 0.2])
def test_it_waits_for_as_long_as_a_thread_spins(
    module: ModuleType, tick_s: float, busy_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = Spinning(busy_s, tick_s)
    monkeypatch.setattr(module, "time", time)
    module.come_to_rest()
    assert busy_s - tick_s <= time.now_s <= busy_s + 3 * module.REST_STEP_S


@pytest.mark.parametrize("module", [worker, process])
def test_it_does_not_wait_for_what_never_rests(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = Spinning(60.0, TICKS_S[0])
    monkeypatch.setattr(module, "time", time)
    module.come_to_rest()
    assert time.now_s == pytest.approx(0.3, abs=2 * module.REST_STEP_S)
