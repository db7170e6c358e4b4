"""Inputs that a call uses up: ``sum(numbers)`` of a generator has nothing to do the second time.

Timed like that, code that became three times slower would be "same": all but its first call
find the end of the input at once. Only iterators that cannot begin again are looked at: generators
and those of Python itself. A class may begin again whenever it is asked for an iterator. For what
can be filled again, as a list can, see ``stocks``.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import itertools
import operator
import types
from typing import Any, Iterator  # noqa: UP035  (evaluated by Python 3.8)

from .stocks import Stock, is_stock, left
from .undone import LOOKED_AT, NeverRan

OWN = ("builtins", "itertools", "_csv")
ENDLESS = (itertools.count, itertools.cycle)
# They end with the first of their sources, others with the last.
END_WITH_THE_FIRST = (map, zip)


class Inputs:
    """What a function can reach that still has something to give.

    ``is_suites``: the function is the suite's own, and so is all that it reads. Otherwise it is
    given its arguments and what surrounds it, while what its object and its module keep may only be
    there to be done once.
    """

    def __init__(self, function: Any, is_suites: bool = False) -> None:
        self._function = function
        self._fresh = {name for name, one in self._iterators() if not is_at_end(one)}
        self._stocks: dict[str, Stock] = {}
        for name, one, is_given in _reached(function):
            if is_stock(one):
                stock = Stock(name, one, is_given or is_suites)
                if stock.had:
                    self._stocks[name] = stock

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

    def emptied(self) -> list[Stock]:
        """The containers and files of which nothing is left."""
        found = {}
        for name, one, _ in _reached(self._function):
            stock = self._stocks.get(name)
            if stock is not None and type(one) is type(stock.one) and left(one) == 0:
                # By now it may be another one of that name.
                stock.one = one
                found[id(one)] = stock
        return list(found.values())

    def _iterators(self) -> Iterator[tuple[str, Any]]:
        return ((name, one) for name, one, _ in _reached(self._function) if _is_iterator(one))


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


def _reached(function: Any) -> Iterator[tuple[str, Any, bool]]:
    """What a call works on, by name, and whether it is given that; also what lies in it."""
    for name, value, is_given in _reached_at_once(function):
        yield name, value, is_given
        for place, one in _items(value):
            yield f"{name}[{place!r}]", one, is_given


def _items(value: Any) -> list[tuple[Any, Any]]:
    """What lies in a list, tuple or dict at its start, under plain names."""
    # A class may do anything when it is compared, unlike when it is told from others.
    if type(value) is list or type(value) is tuple:
        return list(enumerate(value[:LOOKED_AT]))
    if type(value) is dict:
        # A thread may change it meanwhile.
        with contextlib.suppress(RuntimeError):
            few = list(itertools.islice(value.items(), LOOKED_AT))
            return [(key, one) for key, one in few if type(key) is int or type(key) is str]
    return []


def _reached_at_once(function: Any) -> Iterator[tuple[str, Any, bool]]:
    """Arguments, variables of its surroundings, attributes."""
    while isinstance(function, functools.partial):
        for number, value in enumerate(function.args, 1):
            yield f"argument {number}", value, True
        for name, value in function.keywords.items():
            yield name, value, True
        function = function.func
    if isinstance(function, types.BuiltinMethodType):
        yield f"what {function.__name__} belongs to", function.__self__, True
    if isinstance(function, types.MethodType):
        for name, value in list(getattr(function.__self__, "__dict__", {}).items()):
            yield f"self.{name}", value, False
        function = function.__func__
    if isinstance(function, types.FunctionType):
        cells = zip(function.__code__.co_freevars, function.__closure__ or ())  # noqa: B905
        for name, cell in cells:
            try:
                yield name, cell.cell_contents, True
            except ValueError:
                continue  # not bound yet
        for name in function.__code__.co_names:
            yield name, function.__globals__.get(name), False
