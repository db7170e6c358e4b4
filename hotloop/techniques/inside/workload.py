"""One technique in its process: what ``timing.worker`` sets up and calls."""

from __future__ import annotations

import importlib.machinery
import importlib.util
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hotloop.compare.inside import statements
from hotloop.compare.inside.answers import NotComparable
from hotloop.compare.inside.loading import find, load_module
from hotloop.compare.inside.outcome import raised, returned
from hotloop.compare.inside.problem import ATOMS, copier, examples, maker, names_of, seed_all
from hotloop.compare.inside.workload import Calls, Function
from hotloop.techniques.inside import convert, jit, outcomes
from hotloop.techniques.inside.kinds import is_array

if TYPE_CHECKING:  # Python 3.8 could not evaluate it.
    from hotloop.compare.inside.outcome import Outcome

    Arguments = tuple[Any, ...]


class Technique:
    """A function as a technique makes it; ``convert`` and ``back``: what it gets and gives."""

    def __init__(
        self,
        function: Callable[..., object],
        convert: Callable[[Arguments], Arguments] | None = None,
        back: Callable[[Any], Any] | None = None,
    ) -> None:
        self.function = function
        self.convert = convert or _itself
        self.back = back or _itself


def _fresh(
    technique: Technique, first: Arguments, make: Callable[[], Arguments]
) -> Callable[[], Arguments]:
    """What makes the arguments of each call: a converted array is copied, not converted again."""
    if all(is_array(value) or isinstance(value, ATOMS) for value in first):
        made = copier(first)
        if made is not None:
            return made
    return lambda: technique.convert(make())


def _itself(value: Any) -> Any:
    return value


class Outcomes(Calls):
    """Calls of which all is compared that they leave: answer or exception, and arguments."""

    def __init__(
        self,
        technique: Technique,
        several: list[Arguments],
        make: Callable[[], Arguments] | None,
        settings: Mapping[str, Any],
        module: str,
    ) -> None:
        self._technique = technique
        self._several = several
        self._module = module
        first = technique.convert(several[0])
        again = None if make is None else _fresh(technique, first, make)
        self._function = Function(technique.function, [first], again)
        # What a call does to its arguments is compared, whether they are copies or not.
        super().__init__(self._repeated, self._others, (), settings)

    def _repeated(self, calls: int) -> tuple[int, object]:
        try:
            return self._function.repeat(calls)
        except Exception as error:
            why = jit.reason(error)
            if why is None:
                raise
            raise jit.Unavailable(why) from None

    def outcome(self, answer: object) -> object:
        return self._neutral(returned(answer, self._function.arguments))

    def _others(self) -> list[object]:
        return [self._one(example) for example in self._several[1:]]

    def _one(self, example: Arguments) -> object:
        arguments = self._technique.convert(example)
        try:
            answer = self._technique.function(*arguments)
        except Exception as error:
            why = jit.reason(error)
            if why is not None:
                raise jit.Unavailable(why) from None
            return self._neutral(raised(error, arguments))
        return self._neutral(returned(answer, arguments))

    def _neutral(self, found: Outcome) -> object:
        how, value, arguments = found
        back = self._technique.back
        for kind in ("List", "Dict"):
            if back is _itself and convert.is_typed(value, kind):
                raise NotComparable(f"it returns a numba.typed.{kind} instead of a {kind.lower()}")
        return outcomes.neutral((how, back(value), tuple(map(back, arguments))), self._module)


def prepare(settings: Mapping[str, Any]) -> Outcomes:
    """The contender that ``settings`` describe: those of a comparison, and ``technique``."""
    source = settings["source"]
    seed_all(settings["seed"])
    scope = statements.namespace(settings["setup"], names_of(settings["problem"]))
    module = load_module(source)
    function = find(module, source["function"], source["path"])
    make = maker(_own(settings["problem"], source), scope)
    several: list[Arguments] = [()] if make is None else examples(make, settings["seed"])
    fresh = None
    if settings["fresh"]:
        again = make or tuple
        fresh = copier(several[0]) or (lambda: examples(again, settings["seed"])[0])
    technique = TECHNIQUES[settings["technique"]["how"]](function, source, settings["technique"])
    return Outcomes(technique, several, fresh, settings, module.__name__)


def _own(problem: Mapping[str, Any], source: Mapping[str, Any]) -> Mapping[str, Any]:
    """The input of the module that is called, so that objects are of its own classes."""
    return {**problem, "from": source} if problem["from"] is not None else problem


def _as_it_is(function: Any, _source: Mapping[str, Any], _how: Mapping[str, Any]) -> Technique:
    return Technique(function)


def _numba(function: Any, source: Mapping[str, Any], how: Mapping[str, Any]) -> Technique:
    folder = source["path"].rpartition("/")[0]
    return Technique(jit.compiled(function, folder, how["cache"]))


def _numba_converted(function: Any, source: Mapping[str, Any], how: Mapping[str, Any]) -> Technique:
    return Technique(_numba(function, source, how).function, convert.converted, convert.back)


def _pythran(function: Any, source: Mapping[str, Any], how: Mapping[str, Any]) -> Technique:
    """The function alone is compiled; what it calls is in it, what it is called by is not."""
    path = how["extension"]
    name = path.rpartition("/")[2].partition(".")[0]
    loader: Any = importlib.machinery.ExtensionFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return Technique(getattr(module, source["function"]))


TECHNIQUES: Mapping[str, Callable[[Any, Mapping[str, Any], Mapping[str, Any]], Technique]] = {
    "as it is": _as_it_is,
    "numba": _numba,
    "numba converted": _numba_converted,
    "pythran": _pythran,
}
"""By what ``technique["how"]`` of the settings says."""
