"""Whoever passes the turn waits until its threads are at rest: in ladders and in the gate."""

from collections.abc import Callable

import pytest

from hotloop.gate.worker import from_timing
from hotloop.timing import rest

# The kernel notes what a thread has used at its ticks, 250 or 100 a second.
TICKS_S = [0.004, 0.01]
BOTH = [rest.come_to_rest, from_timing.come_to_rest]


class Spinning:
    """The clocks of a process, one thread of which is busy for a while."""

    def __init__(self, busy_s: float, tick_s: float) -> None:
        self.now_s = 0.0
        self._busy_s, self._tick_s = busy_s, tick_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def process_time(self) -> float:
        return min(self.now_s, self._busy_s) // self._tick_s * self._tick_s

    def wait_with(self, come_to_rest: Callable[[], None]) -> float:
        """Seconds for which ``come_to_rest`` waits, by these clocks."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("sleep", "process_time"):
                patch.setitem(come_to_rest.__globals__, name, getattr(self, name))
            come_to_rest()
        return self.now_s


@pytest.mark.parametrize("come_to_rest", BOTH)
@pytest.mark.parametrize("tick_s", TICKS_S)
@pytest.mark.parametrize("busy_s", [0.0, 0.03, 0.1, 0.2])
def test_it_waits_for_as_long_as_a_thread_spins(
    come_to_rest: Callable[[], None], tick_s: float, busy_s: float
) -> None:
    waited_s = Spinning(busy_s, tick_s).wait_with(come_to_rest)
    assert busy_s - tick_s <= waited_s <= busy_s + 3 * rest.STEP_S


@pytest.mark.parametrize("come_to_rest", BOTH)
def test_it_does_not_wait_for_what_never_rests(come_to_rest: Callable[[], None]) -> None:
    waited_s = Spinning(60.0, TICKS_S[0]).wait_with(come_to_rest)
    assert waited_s == pytest.approx(0.3, abs=2 * rest.STEP_S)
