"""One contender of a comparison in its process: what ``timing.worker`` sets up and calls."""

from __future__ import annotations

import os
import random
import time

from hotloop.compare.inside import answers, statements
from hotloop.compare.inside.loading import find, load_module, needs_arguments
from hotloop.compare.inside.problem import (
    NoInput,
    copier,
    examples,
    maker,
    names_of,
    seed_all,
    used_up,
)

# What only annotations need is not imported: see ``loading``.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

# Objects of random sizes before anything is loaded, so that code and data lie elsewhere in each
# process: then no contender keeps the luck of its place.
SHAKEN_OBJECTS = 200
SHAKEN_BYTES = 700
# As it is now: a call may put another one in its place, as libraries do that freeze the time.
_clock_ns = time.perf_counter_ns


class ChangesInput(Exception):
    """A call changed its arguments, so that the next call would get others."""


class ChangesFolder(Exception):
    """A call changed the current folder."""


class Function:
    """A function and its arguments; ``fresh``: each call gets a copy, made outside of the time."""

    def __init__(
        self,
        function: Callable[..., object],
        several: list[tuple[object, ...]],
        make: Callable[[], tuple[object, ...]] | None,
    ) -> None:
        self._function = function
        self._examples = several
        self._make = make
        self.arguments = several[0]
        """Those of the last call, as it left them."""

    def repeat(self, calls: int) -> tuple[int, object]:
        if self._make is not None:
            took, answer, self.arguments = _repeat_fresh(self._function, self._make, calls)
            return took, answer
        return _repeat(self._function, self._examples[0], calls)

    def others(self) -> list[object]:
        """The answers to the examples after the first."""
        return [self._function(*example) for example in self._examples[1:]]


def _repeat(
    function: Callable[..., object], arguments: tuple[object, ...], calls: int
) -> tuple[int, object]:
    clock, answer = _clock_ns, None
    if len(arguments) == 1:
        # The usual case, without unpacking.
        (argument,) = arguments
        start = clock()
        for _ in range(calls):
            answer = function(argument)
        return clock() - start, answer
    start = clock()
    for _ in range(calls):
        answer = function(*arguments)
    return clock() - start, answer


def _repeat_fresh(
    function: Callable[..., object], make: Callable[[], tuple[object, ...]], calls: int
) -> tuple[int, object, tuple[object, ...]]:
    clock, took, answer = _clock_ns, 0, None
    arguments: tuple[object, ...] = ()
    for _ in range(calls):
        arguments = make()
        start = clock()
        answer = function(*arguments)
        took += clock() - start
    return took, answer, arguments


class Calls:
    """The workload: calls, the check that they leave no trace, and the answer in a file."""

    def __init__(
        self,
        repeat: Callable[[int], tuple[int, object]],
        others: Callable[[], list[object]],
        arguments: tuple[object, ...],
        settings: Mapping[str, Any],
    ) -> None:
        self._repeat = repeat
        self._others = others
        self._arguments = arguments
        self._settings = settings
        self._answer: object = None
        self._further: list[object] | None = None
        self.is_cached = False
        self._folder = os.getcwd()
        # The input before the very first call; a process that is warmed up is not watched.
        self._before: bytes | None = None
        self._is_new = True

    def call(self) -> object:
        return self.repeat(1)[1]

    def warm_up(self) -> object:
        self._is_new = False
        return self.repeat(1)[1]

    def repeat(self, calls: int) -> tuple[int, object]:
        if self._is_new:
            self._is_new = False
            self._before = answers.as_bytes(self._arguments) if self._settings["check"] else None
        took, self._answer = self._repeat(calls)
        return took, None

    def outcome(self, answer: object) -> object:
        """What of a call is compared: its answer, and nothing else."""
        return answer

    def save(self, path: str) -> None:
        """Leave the answer, unless nobody asks. Raises for a call that cannot be repeated."""
        if os.getcwd() != self._folder:
            there = os.getcwd()
            os.chdir(self._folder)
            raise ChangesFolder(f"it changes the current folder to {there}: let it change back")
        digest = ""
        if self._settings["check"]:
            self._refuse_changes()
            if self._further is None:
                self._further = self._others()
            kept = [self.outcome(self._answer), *self._further]
            for answer in kept:
                why = answers.why_lazy(answer)
                if why is not None:
                    raise answers.NotComparable(why)
            pickler = None
            if "pickled" in self._settings["source"]:
                # Its classes are in no module that another process could import.
                import cloudpickle

                pickler = cloudpickle.Pickler
            digest = answers.save(kept, path, self._settings["answer_bytes"], pickler)
        with open(path + ".digest", "w") as file:
            file.write(digest)

    def _refuse_changes(self) -> None:
        before, self._before = self._before, None
        if before is None:
            return
        # In the first set of processes only.
        from hotloop.compare.inside.equal import EXACT, first_difference

        try:
            difference = first_difference(answers.from_bytes(before), self._arguments, EXACT)
        except Exception:
            return
        if difference is not None:
            number, _, where = difference.place[1:].partition("]")
            raise ChangesInput(
                f"it changes its argument {int(number) + 1}{' at ' + where if where else ''} "
                f"({difference.said}): with --fresh each call gets a copy"
            )


def prepare(settings: Mapping[str, Any]) -> Calls:
    """The contender that ``settings`` describe (see ``contenders.settings``)."""
    kept = _shake()
    source = settings["source"]
    base: dict[str, Any] = {}
    if "pickled" in source:
        import cloudpickle

        with open(source["pickled"], "rb") as file:
            base = cloudpickle.load(file)
    # Before any of the user's lines run, and again before each thing that draws numbers.
    seed_all(settings["seed"])
    scope = statements.namespace(settings["setup"], {**names_of(settings["problem"]), **base})
    del kept
    if "statement" in source:
        seed_all(settings["seed"])
        loop = statements.loop(source["statement"], scope, _clock_ns)
        return Calls(loop, list, (), settings)
    function = base["function"] if "pickled" in source else _function(source)
    make = maker(settings["problem"], base if "pickled" in source else scope)
    if make is None and needs_arguments(function):
        raise NoInput(
            "it needs arguments: add a function problem() that returns them, or give --args"
        )
    several: list[tuple[object, ...]] = [()] if make is None else examples(make, settings["seed"])
    reason = used_up(several[0])
    fresh = None
    if settings["fresh"]:
        again = make or tuple
        fresh = copier(several[0]) or (lambda: examples(again, settings["seed"])[0])
    elif reason is not None:
        raise NoInput(reason)
    repeated = Function(function, several, fresh)
    calls = Calls(repeated.repeat, repeated.others, () if fresh else several[0], settings)
    # What functools.cache and lru_cache make, and those that imitate them.
    calls.is_cached = hasattr(function, "cache_info") and hasattr(function, "cache_clear")
    return calls


def _function(source: Mapping[str, Any]) -> Callable[..., object]:
    where = source.get("path", "").rpartition("/")[2] or source["module"]
    return find(load_module(source), source["function"], where)


def _shake() -> list[bytes]:
    draw = random.SystemRandom()
    return [bytes(draw.randrange(SHAKEN_BYTES)) for _ in range(draw.randrange(SHAKEN_OBJECTS))]
