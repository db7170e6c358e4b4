"""Ctrl-C where a pool of threads has just taken a lock: it ends the program and hangs nothing."""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hotloop.base import interrupts
from hotloop.base.clock import SystemClock
from hotloop.gate.model import Benchmark, Kind, Stop
from hotloop.gate.pairs.executor import ScriptedPairs
from hotloop.gate.rule import campaign
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.limits import Limits
from tests import scripted_gate

# For what would wait forever.
pytestmark = pytest.mark.timeout(30)

Press = Callable[[int], None]


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch) -> Iterator[Press]:
    """Ctrl-C after so many more locks that a condition of the main thread's has taken."""
    taken, left = threading.Condition.__enter__, [0]
    # A thread that begins takes a lock before it has a name.
    main = threading.get_ident()

    def take(condition: threading.Condition) -> bool:
        is_taken = taken(condition)
        if threading.get_ident() == main and left[0]:
            left[0] -= 1
            if not left[0]:
                signal.raise_signal(signal.SIGINT)
        return is_taken

    def after(locks: int) -> None:
        left[0] = locks

    monkeypatch.setattr(threading.Condition, "__enter__", take)
    with interrupts.raised():
        yield after
        left[0] = 0


@pytest.mark.parametrize("locks", range(1, 60))
def test_a_campaign_ends_wherever_ctrl_c_comes(press: Press, locks: int) -> None:
    script = {name: scripted_gate.slowdown(1.0, 0.05) for name in ("one", "two")}
    benchmarks = [Benchmark(name, (), None, Kind.TIME, "seconds", 60.0) for name in script]
    executor = ScriptedPairs(script, lambda _: time.sleep(1e-3))
    press(locks)
    found = campaign.run(
        benchmarks,
        executor,
        Rule(0.01, 0.005, 0.03, 2),
        Limits(pairs=20),
        SystemClock(),
        random.Random(1),
        lambda *_: None,
    )
    assert found.stop is Stop.INTERRUPTED


@pytest.mark.parametrize("locks", range(1, 20))
def test_work_at_once_ends_wherever_ctrl_c_comes(press: Press, locks: int) -> None:
    def work() -> None:
        with ThreadPoolExecutor(2) as pool:
            while True:
                assert interrupts.at_once(pool, lambda n: 2 * n, range(3)) == [0, 2, 4]

    press(locks)
    with pytest.raises(KeyboardInterrupt):
        work()


def test_the_first_to_fail_is_raised_while_others_work() -> None:
    go_on = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert go_on.wait(20)
        return 1 // (2 - number)

    with ThreadPoolExecutor(3) as pool:
        with pytest.raises(ZeroDivisionError):
            interrupts.at_once(pool, work, range(3))
        go_on.set()


def test_a_signal_waits_for_the_end_of_what_must_not_be_interrupted() -> None:
    done = []

    def do_all() -> None:
        with interrupts.held_back():
            signal.raise_signal(signal.SIGTERM)
            with interrupts.held_back():
                done.append("inner")
            done.append("outer")

    with interrupts.raised() as came:
        with pytest.raises(KeyboardInterrupt):
            do_all()
        assert (came, done) == ([signal.SIGTERM], ["inner", "outer"])
        with interrupts.held_back():
            done.append("later")
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_other_threads_hold_nothing_back() -> None:
    with interrupts.raised(), ThreadPoolExecutor(1) as pool:
        begun, end = threading.Event(), threading.Event()

        def hold() -> None:
            with interrupts.held_back():
                begun.set()
                end.wait(20)

        holding = pool.submit(hold)
        begun.wait(20)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        end.set()
        holding.result()
