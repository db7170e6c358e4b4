"""Where Ctrl-C may end what the main thread does, and where it has to wait a moment.

Python raises what the handler of a signal raises between any two instructions of the main thread.
One such place is in ``threading.Condition.__enter__``, when the lock has been taken and nobody has
promised yet to give it back; pools of threads come there in each call. A thread that wants this
lock waits forever, and so does a program that waits for its threads. So what such calls do is not
interrupted here: the signal that came meanwhile raises when they have returned.
"""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

Item = TypeVar("Item")
Value = TypeVar("Value")

# A cancelled job and a closed terminal end a command as cleanly as Ctrl-C does.
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
UNHANDLED = (signal.SIG_DFL, signal.default_int_handler)
# So long may Ctrl-C wait.
LOOK_S = 0.1


class _Now:
    """Whether signals are held back, and whether one waits. The main thread's alone."""

    holds = False
    waits = False


@contextmanager
def raised() -> Iterator[list[int]]:
    """Raise KeyboardInterrupt for all signals that end a command; yields those that came so far.

    Signals that are ignored (nohup) or handled by somebody else are left alone.
    """
    came: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        if not _Now.holds:
            raise KeyboardInterrupt
        _Now.waits = True

    before = {}
    if _is_main():
        before = {number: signal.getsignal(number) for number in ENDING_SIGNALS}
    ours = [n for n, is_now in before.items() if is_now in UNHANDLED]
    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield came
    finally:
        for number in ours:
            signal.signal(number, before[number])


@contextmanager
def held_back() -> Iterator[None]:
    """Let the signals of ``raised`` raise when this ends, and not before. For what ends soon."""
    if _Now.holds or not _is_main():
        yield
        return
    _Now.waits = False
    _Now.holds = True
    try:
        yield
    finally:
        _Now.holds = False
        if _Now.waits:
            raise KeyboardInterrupt


def first_of(futures: Iterable["Future[Value]"]) -> "set[Future[Value]]":
    """Those that are done, once there is one."""
    # Loaded by whoever has futures; a command that starts has none.
    from concurrent.futures import FIRST_COMPLETED, wait

    awaited = list(futures)
    done: set[Future[Value]] = set()
    while not done:
        with held_back():
            done = wait(awaited, LOOK_S, FIRST_COMPLETED).done
    return done


def as_completed(futures: Iterable["Future[Value]"]) -> "Iterator[Future[Value]]":
    """All of them, each once it is done."""
    left = set(futures)
    while left:
        done = first_of(left)
        left -= done
        yield from done


def at_once(pool: "Executor", work: Callable[[Item], Value], items: Iterable[Item]) -> list[Value]:
    """What ``work`` makes of each item, as by ``pool.map``; raises what the first to fail raised.

    The others go on then: whoever ends the pool has to end them.
    """
    with held_back():
        futures = [pool.submit(work, item) for item in items]
    for future in as_completed(futures):
        future.result()
    return [future.result() for future in futures]


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()
