"""What tells the gate's worker that the body of a benchmark never ran."""

import asyncio
import contextlib
import functools
import gc
import itertools
import subprocess
import threading
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from typing import Any
from unittest.mock import MagicMock, Mock

import pytest
from asv_runner.benchmarks.time import TimeBenchmark

from hotloop.gate.worker.undone import (
    NeverRan,
    ThrownAway,
    look_at_hooks,
    refuse,
    refuse_function,
    refuse_functions,
)


def plain() -> int:
    return 1


async def coroutine() -> int:
    return 1


def generator() -> Iterator[int]:
    yield 1


async def asynchronous_generator() -> AsyncIterator[int]:
    yield 1


class Calling:
    """Called as a function is."""

    async def __call__(self) -> int:
        return 1

    async def method(self) -> int:
        return 1


class Waiting:
    """Awaited, and no coroutine."""

    def __await__(self) -> Generator[None, None, None]:
        yield


@pytest.fixture(autouse=True)
def unawaited() -> Iterator[None]:
    """Coroutines are thrown away here on purpose."""
    # What was there before is not looked through each time.
    gc.freeze()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield
        gc.collect()
    gc.unfreeze()


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (coroutine, "it returns a coroutine that nobody runs: call asyncio.run"),
        (functools.partial(coroutine), "it returns a coroutine that nobody runs"),
        (Calling(), "it returns a coroutine that nobody runs"),
        (Calling().method, "it returns a coroutine that nobody runs"),
        (generator, "it returns a generator that nobody runs"),
        (functools.partial(functools.partial(generator)), "it returns a generator"),
        (asynchronous_generator, "it returns an async generator that nobody runs"),
    ],
)
def test_functions_are_told_before_they_are_called(
    function: Callable[..., Any], words: str
) -> None:
    with pytest.raises(NeverRan, match=words):
        refuse_function("it", function)


def runs(function: Callable[..., Awaitable[int]]) -> Callable[..., int]:
    """A decorator that does run the coroutine."""

    @functools.wraps(function)
    def call() -> int:
        return asyncio.run(function())  # type: ignore[arg-type]

    return call


@pytest.mark.parametrize(
    "function", [plain, len, Calling, functools.partial(plain), runs(coroutine), lambda: generator]
)
def test_functions_whose_body_runs_are_let_be(function: Callable[..., Any]) -> None:
    refuse_function("it", function)


RETURNED: dict[str, Callable[[], Any]] = {
    "a coroutine": coroutine,
    "a generator": generator,
    "an async generator": asynchronous_generator,
    "a context manager": contextlib.contextmanager(generator),
    "an awaitable": Waiting,
    "a lazy map": lambda: map(str, []),
    "a lazy filter": lambda: filter(None, []),
    "a lazy zip": lambda: zip([], []),  # noqa: B905
    "a lazy enumerate": lambda: enumerate([]),
    "a lazy chain": lambda: itertools.chain([]),
    "a lazy groupby": lambda: itertools.groupby([]),
    "a lazy list_reverseiterator": lambda: reversed([]),
}


@pytest.mark.parametrize("what", RETURNED)
@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [1, one], lambda one: (one,)])
def test_work_that_nobody_does_is_told_by_what_is_returned(
    what: str, wrap: Callable[[Any], Any]
) -> None:
    with pytest.raises(NeverRan, match=f"it returns {what} "):
        refuse("it", wrap(RETURNED[what]()))


def test_a_future_is_refused_until_it_is_done() -> None:
    loop = asyncio.new_event_loop()
    future = loop.create_future()
    with pytest.raises(NeverRan, match="a Future that nobody waits for"):
        refuse("it", future)
    with pytest.raises(NeverRan, match="setup returns a Future"):
        refuse("setup", future, lazy=False)
    future.set_result(1)
    refuse("it", future)
    loop.close()


def test_what_still_runs_in_a_thread_is_refused_until_it_is_done() -> None:
    go_on = threading.Event()
    with ThreadPoolExecutor(1) as executor, ThreadPool(1) as pool:
        thread = threading.Thread(target=go_on.wait)
        thread.start()
        future, result = executor.submit(go_on.wait), pool.apply_async(go_on.wait)
        undone = (("Future", future), ("ApplyResult", result), ("Thread", thread))
        for kind, made in undone:
            for returned in (
                made,
                [None, made],
                [None] * 99 + [made],
                {made: 1},
                {1: made},
                {made},
            ):
                with pytest.raises(NeverRan, match=f"it returns a {kind} that nobody waits for"):
                    refuse("it", returned)
            # A set-up may well leave something running.
            refuse("setup", made, lazy=False)
        go_on.set()
        future.result()
        result.get()
        thread.join()
        for _, made in undone:
            refuse("it", made)


def test_what_still_runs_in_a_process_is_refused_until_it_is_done() -> None:
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    with pytest.raises(
        NeverRan, match="it returns a Popen that nobody waits for: call communicate"
    ):
        refuse("it", child)
    child.communicate()
    refuse("it", child)


def test_what_only_looks_like_a_future_is_let_be() -> None:
    for made in (Future, threading.Thread, MagicMock(), Mock(done=lambda: False), Queued()):
        refuse("it", made)


class Queued:
    """Its ``poll`` and ``done`` have nothing to do with work."""

    def done(self, argument: int) -> bool:
        return False

    def result(self) -> None:
        pass

    def poll(self) -> None:
        pass


def begun_generator() -> Iterator[int]:
    made = generator()
    next(made)
    return made


def finished_coroutine() -> object:
    made = coroutine()
    with contextlib.suppress(StopIteration):
        made.send(None)
    return made


@pytest.mark.parametrize(
    "make",
    [plain, lambda: None, lambda: [1, 2], lambda: iter([1]), lambda: {}.items(), lambda: range(3),
     lambda: coroutine, begun_generator, finished_coroutine],
)  # fmt: skip
def test_results_and_what_has_begun_are_let_be(make: Callable[[], Any]) -> None:
    refuse("it", make())


def test_what_a_mem_benchmark_weighs_may_be_an_iterator() -> None:
    refuse("it", zip([], []), lazy=False)  # noqa: B905
    with pytest.raises(NeverRan, match="a generator"):
        refuse("it", generator(), lazy=False)


@pytest.fixture
def thrown_away(monkeypatch: pytest.MonkeyPatch) -> ThrownAway:
    known = warnings._warn_unawaited_coroutine  # type: ignore[attr-defined]
    monkeypatch.setattr(warnings, "_warn_unawaited_coroutine", known)
    watching = ThrownAway()
    watching.watch()
    return watching


def test_a_coroutine_that_a_body_throws_away_is_noticed(thrown_away: ThrownAway) -> None:
    thrown_away.refuse()
    coroutine()  # type: ignore[unused-coroutine]
    with pytest.raises(NeverRan, match=r"it makes a coroutine that nobody runs.*\(coroutine\)"):
        thrown_away.refuse()
    thrown_away.forget()
    thrown_away.refuse()
    asyncio.run(coroutine())
    thrown_away.refuse()


class Hooked:
    """A suite's class whose set-up only looks like one."""

    def setup(self) -> object:
        return coroutine()

    def time_it(self) -> None:
        pass

    def teardown(self) -> None:
        pass


class Yielding(Hooked):
    """As pytest's fixtures are."""

    def setup(self) -> Iterator[None]:
        yield


def benchmark(suite: Hooked) -> TimeBenchmark:
    return TimeBenchmark("suite.time_it", suite.time_it, [suite])


def test_hooks_are_looked_at_like_benchmarks() -> None:
    with pytest.raises(NeverRan, match="setup returns a generator that nobody runs"):
        refuse_functions(benchmark(Yielding()))
    made = benchmark(Hooked())
    refuse_functions(made)
    look_at_hooks(made)
    with pytest.raises(NeverRan, match="setup returns a coroutine that nobody runs"):
        made.do_setup()
