"""Benchmarks whose body never runs: they return work that nobody does.

A coroutine function, a function with ``yield``, ``map(...)``: calling these creates an object
in no time, whatever the code under test costs. The functions are checked when they are
loaded, and what some calls return is checked during warm-up. Python itself reports every
coroutine that was thrown away.
"""

from __future__ import annotations

import collections.abc
import contextlib
import functools
import inspect
import itertools
import warnings
from typing import Any, Callable  # noqa: UP035  (evaluated by Python 3.8)

RUN = "call asyncio.run(...) on it in a plain function"
READ = "read it there, as list(...) does"
# Results of calling a function whose body has not run: what each is, and what to do.
COROUTINE = f"a coroutine that nobody runs: {RUN}"
ASYNC_GENERATOR = f"an async generator that nobody runs: {RUN}"
GENERATOR = f"a generator that nobody runs: {READ}"
CONTEXT = "a context manager that nobody enters, whose body nobody runs: use `with` on it there"
AWAITABLE = f"an awaitable that nobody runs: {RUN}; or do not return it"
# What runs elsewhere, how to ask whether it has finished, and its answer until then.
ELSEWHERE = (
    ("done", "result", False),  # futures: of concurrent.futures, of asyncio, of dask
    ("ready", "get", False),  # what multiprocessing's pools return
    ("is_alive", "join", True),  # threads and processes
    ("poll", "communicate", None),  # subprocess.Popen
)
# Iterators that do nothing before they are read.
LAZY: tuple[type, ...] = (
    map,
    filter,
    zip,
    enumerate,
    reversed,
    type(reversed([])),
    type(iter(int, 1)),
    *(kind for kind in vars(itertools).values() if isinstance(kind, type)),
)
MANAGERS = (contextlib._GeneratorContextManager, contextlib._AsyncGeneratorContextManager)
# How many items at either end of a returned list or dict are looked at.
LOOKED_AT = 8


class NeverRan(Exception):
    """The body of a function of the suite did not run; the message says which, and what to do."""


class ThrownAway:
    """Coroutines that were deleted without having begun: Python reports them."""

    def __init__(self) -> None:
        self._names: list[str] = []

    def watch(self) -> None:
        """Watch from now on, in this process and its forks."""
        tell = getattr(warnings, "_warn_unawaited_coroutine", None)

        def note(coroutine: Any) -> None:
            self._names.append(getattr(coroutine, "__qualname__", "?"))
            if tell is not None:
                tell(coroutine)

        warnings._warn_unawaited_coroutine = note  # type: ignore[attr-defined]

    def forget(self) -> None:
        self._names.clear()

    def refuse(self, name: str = "it") -> None:
        """Raises NeverRan if there were any; ``name`` is what made them."""
        if self._names:
            raise NeverRan(f"{name} makes {COROUTINE}, or await it ({self._names[0]})")


def refuse_functions(benchmark: Any) -> None:
    """Raises NeverRan if the body of a function of asv_runner's benchmark cannot run."""
    hooks = [("setup", hook) for hook in benchmark._setups]
    hooks += [("teardown", hook) for hook in benchmark._teardowns]
    for name, function in [("it", benchmark.func), *hooks]:
        refuse_function(name, function)


def refuse_function(name: str, function: Any) -> None:
    """Raises NeverRan if calling ``function`` only creates the object that would run its body."""
    while isinstance(function, functools.partial):
        function = function.func
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        function = getattr(type(function), "__call__", function)  # noqa: B004  (its function)
    for is_one, what in (
        (inspect.iscoroutinefunction, COROUTINE),
        (inspect.isasyncgenfunction, ASYNC_GENERATOR),
        (inspect.isgeneratorfunction, GENERATOR),
    ):
        if is_one(function):
            raise NeverRan(f"{name} returns {what}")


def look_at_hooks(benchmark: Any) -> None:
    """Make set-ups and teardowns raise NeverRan if they return what nobody runs."""
    benchmark._setups = [looked_at("setup", hook) for hook in benchmark._setups]
    benchmark._teardowns = [looked_at("teardown", hook) for hook in benchmark._teardowns]


def looked_at(name: str, function: Callable[..., Any], lazy: bool = False) -> Callable[..., Any]:
    """``function``, which raises NeverRan if it returns what nobody runs; see ``refuse``."""

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        result = function(*arguments)
        refuse(name, result, lazy)
        return result

    return call


def refuse(name: str, result: Any, lazy: bool = True) -> None:
    """Raises NeverRan if ``result`` is work that has not begun.

    ``lazy``: also refuse Python's own iterators and what still runs elsewhere. These may well
    be the result of a set-up, or the object that a mem benchmark measures.
    """
    found = _undone(result, lazy)
    if found is None and isinstance(result, (list, tuple, dict, set, frozenset)):
        few = (_undone(one, lazy) for one in _few(result))
        found = next((what for what in few if what is not None), None)
    if found is not None:
        raise NeverRan(f"{name} returns {found}")


def _few(results: Any) -> list[Any]:
    """Some items of a collection; those that were begun last finish last."""
    found = list(results)
    few = found[:LOOKED_AT] + found[LOOKED_AT:][-LOOKED_AT:]
    return few + [results[key] for key in few] if isinstance(results, dict) else few


def _undone(result: Any, lazy: bool) -> str | None:
    if isinstance(result, collections.abc.Coroutine):
        return COROUTINE if _is_new(result, "cr") else None
    if isinstance(result, collections.abc.AsyncGenerator):
        return ASYNC_GENERATOR if _is_new(result, "ag") else None
    if isinstance(result, collections.abc.Generator):
        return GENERATOR if _is_new(result, "gi") else None
    if isinstance(result, MANAGERS):
        return CONTEXT if _undone(result.gen, lazy) else None
    # As asyncio recognises its futures, which nobody continues once the call is over. Importing
    # asyncio would do work that a benchmark should find undone.
    asyncio_future = getattr(type(result), "_asyncio_future_blocking", None) is not None
    if lazy or asyncio_future:
        wait = _unfinished(result)
        if wait is not None:
            kind = type(result).__name__
            return f"a {kind} that nobody waits for: call {wait}() there; or do not return it"
    if isinstance(result, collections.abc.Awaitable):
        # Others that know whether they are done may have been run by a thread.
        return None if asyncio_future or hasattr(result, "done") else AWAITABLE
    if lazy and isinstance(result, LAZY):
        kind = type(result).__name__
        return f"a lazy {kind} that nobody runs: {READ}; or do not return it"
    return None


def _unfinished(result: Any) -> str | None:
    """How to wait for what still runs elsewhere; None: it has finished, or is nothing like that."""
    for ask, wait, until_then in ELSEWHERE:
        # Ask the class: an object that answers to any name is no future.
        if all(callable(getattr(type(result), name, None)) for name in (ask, wait)):
            with contextlib.suppress(Exception):
                if getattr(result, ask)() is until_then:
                    return wait
    return None


def _is_new(made: Any, prefix: str) -> bool:
    """Whether a coroutine or a generator has not begun; True if it does not say."""
    try:
        frame = getattr(made, f"{prefix}_frame")
        if frame is None or getattr(made, f"{prefix}_running"):
            return False
    except AttributeError:
        return True
    # Asynchronous generators say so since 3.12, the others since 3.11; before, frames do.
    suspended = getattr(made, f"{prefix}_suspended", None)
    if suspended is not None:
        return not suspended
    return frame.f_lasti < 0 or prefix == "ag"
