"""A process that knows the user's modules, so that the driver need not import them.

It lists functions and compares answers. Nothing is timed in it.
"""

from __future__ import annotations

import contextlib
import pickle
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from hotloop.compare.inside import outcome, statements
from hotloop.compare.inside.equal import EXACT, Rules, first_difference
from hotloop.compare.inside.loading import PROBLEM, find, functions, load_module, look_here_too
from hotloop.compare.inside.problem import examples, maker, names_of, seed_all
from hotloop.compare.inside.shown import shown
from hotloop.timing.serving import answer_driver


class Judge:
    """Answers the driver's questions; see ``hotloop.compare.assistant``."""

    def __init__(self) -> None:
        self._sources: Sequence[Mapping[str, Any]] = ()

    def start(
        self, search_path: Sequence[str] | None, sources: Sequence[Mapping[str, Any]]
    ) -> None:
        """``sources`` are loaded if answers hold objects of their classes."""
        if search_path is not None:
            sys.path[:] = search_path
        look_here_too()
        self._sources = sources

    def functions(
        self, source: Mapping[str, Any], problem: Mapping[str, Any], setup: str, seed: int
    ) -> dict[str, Any]:
        """The ``functions`` of a module that take the input, and ``all``; ``has_input``."""
        module = load_module(source)
        seed_all(seed)
        make = maker(problem, statements.namespace(setup, names_of(problem)))
        arguments = None if make is None else examples(make, seed)[0]
        return {
            "functions": functions(module, () if arguments is None else arguments),
            "all": functions(module, None),
            "has_input": make is not None,
        }

    def has_problem(self, source: Mapping[str, Any]) -> bool:
        """Whether the module has an input for its functions."""
        return hasattr(load_module(source), PROBLEM)

    def compare(self, expected: str, actual: str, check: Mapping[str, Any]) -> dict[str, Any]:
        """The first difference of two files of answers: ``difference``, None if there is none."""
        types: dict[str, str] = {}
        said = self._compare(self._load(expected), self._load(actual), check, types)
        first = next(iter(types.items()), None)
        return {"difference": said, "types": None if first is None else list(first)}

    def _compare(
        self, expected: Any, actual: Any, check: Mapping[str, Any], types: dict[str, str]
    ) -> str | None:
        for number, (one, other) in enumerate(zip(expected, actual), 1):
            said = self._one(one, other, check, types)
            if said is not None:
                return said if len(expected) == 1 else f"example {number}: {said}"
        return None

    def _one(
        self, expected: Any, actual: Any, check: Mapping[str, Any], types: dict[str, str]
    ) -> str | None:
        if check["source"] is not None:
            source = check["source"]
            file = source["path"].rpartition("/")[2]
            same = find(load_module(source), source["function"], f"{file} of --check")
            return _verdict(same, expected, actual)
        # ``hotloop try`` looks at outcomes, and its option is another.
        option = "--close " if check["outcomes"] else "--check close:"
        rules = Rules(check["close"], check["exact"], check["outcomes"], option)
        if check["outcomes"]:
            return outcome.difference(expected, actual, rules, types)
        difference = first_difference(expected, actual, rules, types)
        return None if difference is None else difference.sentence()

    def _load(self, path: str) -> Any:
        try:
            with open(path, "rb") as file:
                return pickle.load(file)
        except (ImportError, AttributeError):
            # Objects of the user's own classes.
            for source in self._sources:
                # What cannot be loaded has a row that says so.
                with contextlib.suppress(Exception):
                    load_module(source)
        with open(path, "rb") as file:
            return pickle.load(file)

    def repeats(self, problem: Mapping[str, Any], setup: str, seed: int) -> str | None:
        """How the input of two calls differs; None if it does not."""
        seed_all(seed)
        base = {}
        if problem.get("pickled"):
            with open(problem["pickled"], "rb") as file:
                base = pickle.load(file)
        make = maker(problem, statements.namespace(setup, {**names_of(problem), **base}))
        if make is None:
            return None
        try:
            pickled = pickle.dumps(examples(make, seed))
        except Exception:
            return None
        difference = first_difference(pickle.loads(pickled), examples(make, seed), EXACT)
        return None if difference is None else difference.sentence()


def _verdict(same: Any, expected: Any, actual: Any) -> str | None:
    """What the user's own check says: false, a sentence or an AssertionError means different."""
    try:
        said = same(expected, actual)
    except AssertionError as error:
        return str(error) or "the check's assertion fails"
    if isinstance(said, str):
        return said or None
    if said is None or bool(said):
        return None
    return f"the check says so: {shown(actual)} instead of {shown(expected)}"


def main() -> NoReturn:
    """Serve the driver."""
    answer_driver(Judge(), ("start", "functions", "has_problem", "compare", "repeats"))
