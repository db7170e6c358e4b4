"""The benchmarks of a suite by their places: listed in one process, found again in others.

asv_runner names a benchmark after ``func.__name__``, which two of them may share (a factory's
inner function, a copied decorator), and a parameter by its number, which may mean another
value in another process (a set, values that the project computes). A place,
``module:Class.attribute``, and the texts of the parameters (``texts``) mean the same in every
process, or are not found there.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
from pathlib import Path
from typing import Any, Iterator, Sequence  # noqa: UP035  (evaluated by Python 3.8)

from .calls import firsts_of
from .origin import executed
from .texts import Text, texts_of

# What asv reads of a benchmark, besides its name and its parameters.
FACTS = ("type", "unit", "timeout", "setup_cache_key", "setup_cache_timeout")
# What decides in asv how often a benchmark is called.
SAMPLING = ("repeat", "rounds", "processes", "sample_time", "min_run_count")
# Those of them that decide how often in one process.
OF_A_PROCESS = ("repeat", "min_run_count")
SHOWN_TEXTS = 5
SHOWN_CHARS = 60


class NotHere(LookupError):
    """This process's suite lacks a place or a parameter that another process's has.

    "There" in its message is where this process runs, base or head; the reader knows which.
    """


def write_list(suite: str, file: str) -> None:
    """Write the contents of ``suite`` as JSON.

    ``benchmarks``: each with asv's name, its place, ``FACTS``, the texts of its parameters and
    which of ``SAMPLING`` it sets;
    ``overlooked``: (place, why) of what has the name of a benchmark but is none for asv_runner;
    ``executed``: the files outside ``suite`` that ran when it was imported.
    """
    files = executed()
    from asv_runner._aux import update_sys_path
    from asv_runner.discovery import disc_modules

    update_sys_path(suite)
    benchmarks: dict[Any, dict[str, Any]] = {}
    overlooked: list[tuple[str, str]] = []
    for module in disc_modules(os.path.basename(suite)):  # noqa: PTH119
        for place, found, key in _benchmarks_in(module, overlooked):
            # An alias is not another benchmark.
            benchmarks.setdefault((found.name, *key), _described(place, found, suite))
    own = os.path.join(os.path.realpath(suite), "")  # noqa: PTH118
    content = {
        "benchmarks": list(benchmarks.values()),
        "overlooked": overlooked,
        "executed": sorted({real for real in map(os.path.realpath, files) if own not in real}),
    }
    Path(file).write_text(json.dumps(content), encoding="utf-8")


def find(suite: str, name: str, with_parameters: bool = True) -> Any:
    """asv_runner's benchmark with its parameters set; ``name``: an ``identity``, or asv's name.

    A cached set-up has no parameters. Raises NotHere if this process's suite has no such place
    or parameter.
    """
    if not name.startswith("{"):
        from asv_runner.discovery import get_benchmark_from_name

        return get_benchmark_from_name(suite, name)
    from asv_runner._aux import update_sys_path

    wanted = json.loads(name)
    update_sys_path(suite)
    benchmark = _at(suite, wanted["place"])
    if with_parameters and wanted["params"] is not None:
        benchmark.set_param_idx(_combination(benchmark, wanted["params"], suite))
    return benchmark


def identity(place: str, params: Sequence[Sequence[Any]] | None) -> str:
    """What ``find`` takes: a place, and (text, of how many alike, number, count) of each parameter.

    The text is None if it changes from process to process: then only its number, out of so many
    values, identifies the parameter. ``params`` None: there are no parameters.
    """
    return json.dumps({"place": place, "params": params})


def _benchmarks_in(
    module: Any, overlooked: list[tuple[str, str]]
) -> Iterator[tuple[str, Any, tuple[Any, ...]]]:
    """Place, benchmark and its source object, in the order of asv_runner's ``disc_benchmarks``."""
    from asv_runner.discovery import _get_benchmark

    inside = module.__name__.partition(".")[2]
    for name, value in list(vars(module).items()):
        if name.startswith("_"):
            continue
        if inspect.isclass(value):
            if inspect.isabstract(value):
                continue
            for attribute, member in inspect.getmembers(value):
                place = f"{inside}:{name}.{attribute}"
                if inspect.isfunction(member) or inspect.ismethod(member):
                    found = _get_benchmark(attribute, module, value, member)
                    if found is not None:
                        function = getattr(member, "__func__", member)
                        yield place, found, (inside, id(value), id(function))
                else:
                    _overlook(place, attribute, member, overlooked)
        elif inspect.isfunction(value):
            found = _get_benchmark(name, module, None, value)
            if found is not None:
                yield f"{inside}:{name}", found, (inside, None, id(value))
        else:
            _overlook(f"{inside}:{name}", name, value, overlooked)


def _overlook(place: str, name: str, value: object, overlooked: list[tuple[str, str]]) -> None:
    """Note what looks like a benchmark: it has the name of one and has code, but is no function.

    That is something that can be called, or that runs when it is read, as a property does.
    """
    if inspect.isclass(value) or inspect.isbuiltin(value) or inspect.ismemberdescriptor(value):
        return
    what = type(value)
    if not callable(value) and not hasattr(what, "__get__"):
        return
    if any(kind.name_regex.match(name) for kind in _kinds()):
        kind_name = what.__qualname__
        if what.__module__ != "builtins":
            kind_name = f"{what.__module__}.{kind_name}"
        overlooked.append((place, f"a {kind_name} is no function"))


def _kinds() -> Any:
    from asv_runner.discovery import benchmark_types

    return benchmark_types


def _described(place: str, benchmark: Any, suite: str) -> dict[str, Any]:
    facts = {fact: getattr(benchmark, fact, None) for fact in FACTS}
    return {
        "name": str(benchmark.name),
        "place": place,
        **{
            fact: value if isinstance(value, (str, int, float, type(None))) else repr(value)
            for fact, value in facts.items()
        },
        "params": [texts_of(values, suite) for values in benchmark._params],
        "settings": [name for name in _without_effect(benchmark) if _is_set(benchmark, name)],
    }


def _without_effect(benchmark: Any) -> Sequence[str]:
    """Those of ``SAMPLING`` without effect; with cold calls, asv's number of samples is kept."""
    if benchmark.type == "time" and firsts_of(benchmark):
        return [name for name in SAMPLING if name not in OF_A_PROCESS]
    return SAMPLING


def _is_set(benchmark: Any, name: str) -> bool:
    """Look as asv does: in the function, the class, the module, but not in its imports."""
    values = (getattr(source, name, None) for source in benchmark._attr_sources)
    return any(value is not None and not callable(value) for value in values)


def _at(suite: str, place: str) -> Any:
    from asv_runner.discovery import _get_benchmark

    inside, _, path = place.partition(":")
    root = os.path.basename(suite)  # noqa: PTH119
    module = importlib.import_module(f"{root}.{inside}" if inside else root)
    owner, _, attribute = path.rpartition(".")
    try:
        klass = getattr(module, owner) if owner else None
        function = getattr(module if klass is None else klass, attribute)
    except AttributeError:
        raise NotHere(f"there is no {path} there") from None
    benchmark = _get_benchmark(attribute, module, klass, function)
    if benchmark is None:
        raise NotHere(f"{path} is no benchmark there")
    return benchmark


def _combination(benchmark: Any, wanted: Sequence[Sequence[Any]], suite: str) -> int:
    """asv's number, in this process, of the combination with these parameters."""
    if len(wanted) != len(benchmark._params):
        raise NotHere(f"it has {len(benchmark._params)} parameters there, not {len(wanted)}")
    number = 0
    for axis, values in zip(wanted, benchmark._params):  # noqa: B905  (Python 3.8)
        number = number * len(values) + _place_of(axis, texts_of(values, suite))
    return number


def _place_of(axis: Sequence[Any], texts: Sequence[Text]) -> int:
    text, alike, number, count = axis
    if text is None:
        if len(texts) != count:
            raise NotHere(f"a parameter has {len(texts)} values there, not {count}")
        return int(number)
    if number < len(texts) and list(texts[number]) == [text, alike]:
        return int(number)
    for place, found in enumerate(texts):
        if list(found) == [text, alike]:
            return place
    there = [found[0][:SHOWN_CHARS] for found in texts[:SHOWN_TEXTS]]
    more = ", ..." if len(texts) > SHOWN_TEXTS else ""
    raise NotHere(
        f"there is no parameter {text[:SHOWN_CHARS]} there, but {', '.join(there) or 'none'}{more}"
    )
