"""A process in which the user's function is looked at: what it is, what it does, what it computes.

Nothing in it is timed for the table. ``look`` runs the function as it is, ``watch`` a changed copy.
"""

from __future__ import annotations

import inspect
import io
import os
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from hotloop.compare.inside import answers, statements
from hotloop.compare.inside.equal import EXACT, first_difference
from hotloop.compare.inside.loading import a, find, load_module, needs_arguments
from hotloop.compare.inside.problem import NoInput, copier, examples, maker, names_of, seed_all
from hotloop.techniques.inside import convert, kinds, outcomes, profile
from hotloop.techniques.inside.notes import Notes
from hotloop.techniques.inside.users import users_files
from hotloop.techniques.inside.watched import watched
from hotloop.techniques.inside.watching import watch_imports
from hotloop.timing.serving import answer_driver

Source = Mapping[str, Any]


class NoFunction(Exception):
    """What was named is there, but no plain function that a technique could take."""


class Loaded:
    """The function and the arguments of its examples, each call with copies of its own."""

    def __init__(self, source: Source, problem: Source, setup: str, seed: int) -> None:
        seed_all(seed)
        scope = statements.namespace(setup, names_of(problem))
        where = source["path"].rpartition("/")[2]
        self.module = load_module(source)
        self.function = find(self.module, source["function"], where)
        refuse(self.function, source["function"])
        make = maker(problem, scope)
        if make is None and needs_arguments(self.function):
            raise NoInput(
                f"{source['function']} needs arguments: add a function problem() that returns "
                "them, or give --args"
            )
        self._make, self._seed = make, seed
        self.examples: list[tuple[object, ...]] = [()] if make is None else examples(make, seed)

    def fresh(self, number: int) -> Callable[[], tuple[object, ...]]:
        """What makes copies of the arguments of an example."""
        made = copier(self.examples[number])
        if made is not None:
            return made
        make = self._make or tuple
        return lambda: examples(make, self._seed)[number]


def refuse(function: Any, name: str) -> None:
    """Raise NoFunction for what is no plain function."""
    if inspect.isclass(function):
        raise NoFunction(f"{name} is a class: name a function that makes one and works with it")
    if hasattr(function, "cache_info") and hasattr(function, "__wrapped__"):
        raise NoFunction(
            f"{name} is cached (functools.cache): every call but the first only looks its answer "
            "up. Name what computes it, without the decorator"
        )
    if not isinstance(function, types.FunctionType):
        raise NoFunction(f"{name} is {a(function)}, no function that is written in Python")
    if "." in function.__qualname__ and "<locals>" not in function.__qualname__:
        raise NoFunction(f"{name} is a method: name a function that calls it")
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise NoFunction(f"{name} is an async function: name a plain one that does its work")
    if inspect.isgeneratorfunction(function):
        raise NoFunction(
            f"{name} is a generator function, so that a call does no work yet: name one that "
            "uses it, as in  def all_of(*args): return list("
            f"{name}(*args))"
        )


class Examiner:
    """Answers the driver's questions; see ``hotloop.techniques.examine``."""

    def __init__(self) -> None:
        self._process = os.getpid()

    def start(self, search_path: Sequence[str]) -> None:
        sys.path[:] = search_path

    def load(self, source: Source, problem: Source, setup: str, seed: int) -> int:
        """Import the file and make its input; returns how many examples there are."""
        self._loaded = Loaded(source, problem, setup, seed)
        return len(self._loaded.examples)

    def look(self) -> None:
        """Call the function once. Raises NoInput if it fails."""
        self._first = self._outcome(0)
        error = self._first["error"]
        if error is not None:
            said = f"{type(error).__name__}: {error}".rstrip(": ")
            raise NoInput(f"it raises on its own input: {said}. Give an input that it can take")

    def look_closer(self) -> dict[str, Any]:
        """What the function is and does, called again, and on its other examples."""
        loaded, first = self._loaded, self._first
        for number in range(1, len(loaded.examples)):
            self._outcome(number)
        copy = loaded.fresh(0)
        arguments, before = copy(), copy()
        answer = loaded.function(*arguments)
        self._end_child()
        again = first_difference(first["answer"], answer, EXACT)
        if again is not None:
            raise NoInput(
                f"its answers differ from call to call: {again.sentence()}. Let it seed what "
                "it draws, and neither look at the clock nor keep anything for the next call"
            )
        try:
            changes = first_difference(before, arguments, EXACT) is not None
        except Exception:
            changes = True
        return {
            "line": loaded.function.__code__.co_firstlineno,
            "arguments": [kinds.described(value) for value in before],
            "returns": kinds.described(answer),
            "changes_arguments": changes,
            "converts": convert.can_convert(before),
            "pythran": [kinds.pythran(value) for value in before],
            "printed": first["printed"],
            "examples": len(loaded.examples),
            "cached": _cached(loaded.function, loaded.module),
            "profile": profile.parts(loaded.function, *copy()),
        }

    def _outcome(self, number: int) -> dict[str, Any]:
        arguments = self._loaded.fresh(number)()
        usual, printed = sys.stdout, io.StringIO()
        sys.stdout = printed
        error = answer = None
        try:
            answer = self._loaded.function(*arguments)
        except BaseException as raised:
            error = raised
        finally:
            sys.stdout = usual
            self._end_child()
        why = None if error is not None else answers.why_lazy(answer)
        if why is not None:
            raise answers.NotComparable(why)
        if error is None:
            # Raises for what could not be compared.
            outcomes.neutral(answer, self._loaded.module.__name__)
        return {"error": error, "answer": answer, "printed": len(printed.getvalue())}

    def _end_child(self) -> None:
        """What forked in the function and came back ends here."""
        if os.getpid() != self._process:
            os._exit(0)

    def watch(self, source: Source, problem: Source, setup: str, seed: int) -> dict[str, Any]:
        """What a changed copy of the user's code noted on all examples."""
        notes = Notes()
        folder = source["path"].rpartition("/")[0]
        watch_imports(notes, users_files(folder))
        loaded = Loaded(source, problem, setup, seed)
        several = [loaded.fresh(number)() for number in range(len(loaded.examples))]
        notes.clear()
        for arguments in several:
            try:
                loaded.function(*arguments)
            except Exception:
                continue
            finally:
                self._end_child()
        return watched(notes, loaded.module, loaded.function)


def _cached(function: Any, module: types.ModuleType) -> list[str]:
    """The cached functions that it calls by name, directly."""
    names = function.__code__.co_names
    return [name for name in names if hasattr(getattr(module, name, None), "cache_info")]


def main() -> NoReturn:
    """Serve the driver."""
    answer_driver(Examiner(), ("start", "load", "look", "look_closer", "watch"))
