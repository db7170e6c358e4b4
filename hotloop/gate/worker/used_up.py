"""Inputs that a call uses up: ``sum(numbers)`` of a generator has nothing to do the second time.

Timed like that, code that became three times slower would be "same": all but its first call
find the end of the input at once. Only iterators that cannot begin again are looked at: generators
and those of Python itself. A class may begin again whenever it is asked for an iterator.
"""

from __future__ import annotations

import functools
import gc
import itertools
import operator
import types
from typing import Any, Iterator  # noqa: UP035  (evaluated by Python 3.8)

from .undone import NeverRan

OWN = ("builtins", "itertools", "_csv")
ENDLESS = (itertools.count, itertools.cycle)
# They end with the first of their sources, others with the last.
END_WITH_THE_FIRST = (map, zip)


class Inputs:
    """The iterators that a function can reach and that still have something to give."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self._fresh = {name for name, one in self._iterators() if not is_at_end(one)}

    def used_up(self) -> str | None:
        """One of them that has nothing more to give, in words; None: there is none."""
        for name, one in self._iterators():
            if name in self._fresh and is_at_end(one):
                kind = "generator" if isinstance(one, types.GeneratorType) else type(one).__name__
                return f"{name}, a {kind}"
        return None

    def refuse_used_up(self) -> None:
        """Raises NeverRan if there is one."""
        what = self.used_up()
        if what is not None:
            raise NeverRan(
                f"its first call uses up {what}, and later calls have nothing to do: make that "
                "anew in each call"
            )

    def _iterators(self) -> Iterator[tuple[str, Any]]:
        return ((name, one) for name, one in _reached(self._function) if _is_iterator(one))


def is_at_end(iterator: Any) -> bool:
    """Whether an iterator of Python's own has nothing more to give, as far as can be seen.

    Without asking for the next item, which might do anything.
    """
    if isinstance(iterator, types.GeneratorType):
        return iterator.gi_frame is None
    if isinstance(iterator, ENDLESS):
        return False
    try:
        left = operator.length_hint(iterator, -1)
    except Exception:
        return False
    if left >= 0:
        return left == 0
    # At their end, those that read from others let go of them.
    ends = [is_at_end(source) for source in _sources(iterator)]
    return any(ends) or not ends if isinstance(iterator, END_WITH_THE_FIRST) else all(ends)


def _sources(iterator: Any) -> list[Any]:
    """The iterators that this one reads from."""
    found = gc.get_referents(iterator)
    # A tuple of zip_longest has holes, over which Python code must not step.
    found += gc.get_referents(*(one for one in found if type(one) is tuple))
    return [one for one in found if _is_iterator(one)]


def _is_iterator(value: Any) -> bool:
    kind = type(value)
    return hasattr(kind, "__next__") and (
        isinstance(value, types.GeneratorType) or kind.__module__ in OWN
    )


def _reached(function: Any) -> Iterator[tuple[str, Any]]:
    """What a call works on, by name: arguments, variables of its surroundings, attributes."""
    while isinstance(function, functools.partial):
        for number, value in enumerate(function.args, 1):
            yield f"argument {number}", value
        yield from function.keywords.items()
        function = function.func
    if isinstance(function, types.MethodType):
        for name, value in list(getattr(function.__self__, "__dict__", {}).items()):
            yield f"self.{name}", value
        function = function.__func__
    if isinstance(function, types.FunctionType):
        cells = zip(function.__code__.co_freevars, function.__closure__ or ())  # noqa: B905
        for name, cell in cells:
            try:
                yield name, cell.cell_contents
            except ValueError:
                continue  # not bound yet
        for name in function.__code__.co_names:
            yield name, function.__globals__.get(name)
