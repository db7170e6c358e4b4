"""Which tests are benchmarks.

A test that has the fixture among its arguments, through whichever fixtures, is one, as pytest
knows. One that asks for it while it runs (``request.getfixturevalue("benchmark")``) is found by its
code: what it and its fixtures call of the project's own, and the names in there.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from typing import Any, Iterable, Iterator  # noqa: UP035  (evaluated by Python 3.8)

from ..own import os

FIXTURES = frozenset({"benchmark", "benchmark_weave", "codspeed_benchmark"})
ASKS = "getfixturevalue"
# Code that looks first whether a test has a fixture asks for none that it has not.
LOOKS = "fixturenames"
# How far a test or a fixture hands on its request.
CALLS_DEEP = 4
LIBRARIES = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))
OF_PYTHON = os.path.dirname(os.__file__)
# The package that this file is part of, as a worker names it.
OURS = __name__.partition(".")[0]


def how(item: Any) -> str | None:
    """How a test is a benchmark: by its ``fixture``, a ``mark``, a ``request``; None: it is none.

    The mark alone counts with pytest-codspeed, or where no plugin says otherwise: for
    pytest-benchmark, the mark of a test without the fixture means nothing. It is about the whole
    test; a request is the fixture's, in the middle of a run.
    """
    if FIXTURES & set(getattr(item, "fixturenames", ())):
        return "fixture"
    if _requests(item):
        return "request"
    if item.get_closest_marker("codspeed_benchmark") is not None:
        return "mark"
    if item.get_closest_marker("benchmark") is None or not hasattr(item, "obj"):
        return None
    loaded = sys.modules
    by_mark = "pytest_codspeed.plugin" in loaded or "pytest_benchmark.plugin" not in loaded
    return "mark" if by_mark else None


def must_call(item: Any) -> bool:
    """Whether a test names the fixture itself, so that it is wrong if it passes without calling.

    Others get it from a fixture for all tests of a class or a file, or ask for it now and then.
    """
    named = getattr(getattr(item, "_fixtureinfo", None), "argnames", ())
    return any(_leads(item, name) for name in named)


def in_its_place(item: Any) -> str | None:
    """The file of the project's own fixture where a plugin's would be; None: a plugin's is there.

    It may still get the plugin's by that name, and hand it on.
    """
    for name in FIXTURES & set(getattr(item, "fixturenames", ())):
        definition = _definition(item, name)
        if definition is not None and name not in definition.argnames:
            function = inspect.unwrap(definition.func)
            code = getattr(function, "__code__", None)
            is_ours = getattr(function, "__module__", "").startswith(OURS)
            if code is not None and not is_ours and _is_own(function):
                file: str = os.path.relpath(code.co_filename)
                return file
    return None


def is_plain(item: Any) -> bool:
    """Whether a test is a function that pytest itself calls."""
    function = getattr(item, "obj", None)
    return (
        hasattr(item, "_fixtureinfo")
        and type(item).__name__ == "Function"
        and not inspect.iscoroutinefunction(function)
    )


def _leads(item: Any, name: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a fixture is one of ``FIXTURES``, or gets or asks for one of them.

    ``seen`` are those that lead to this one.
    """
    if name in FIXTURES:
        return True
    definition = None if name in seen else _definition(item, name)
    if definition is None:
        return False
    seen |= {name}
    gets = any(_leads(item, each, seen) for each in definition.argnames)
    return gets or _asks(item, definition.func, (), seen)


def _definition(item: Any, name: str) -> Any:
    """What a test gets by the name of a fixture; None: it sees none."""
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    definitions = known.get(name)
    manager = getattr(item.session, "_fixturemanager", None)
    if not definitions and manager is not None:
        try:
            definitions = manager.getfixturedefs(name, item)
        except (AttributeError, TypeError):
            # pytest before 8 takes the node's name.
            definitions = manager.getfixturedefs(name, item.nodeid)
    return definitions[-1] if definitions else None


def _requests(item: Any) -> bool:
    """Whether a test asks for the fixture while it runs."""
    names = getattr(item, "fixturenames", ())
    if "request" not in names or not hasattr(item, "obj"):
        return False
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    texts = [each for each in parameters.values() if isinstance(each, str)]
    definitions = [_definition(item, name) for name in names]
    # A fixture may ask for what a parameter names.
    asking = [each.func for each in definitions if each is not None and "request" in each.argnames]
    return any(_asks(item, function, texts) for function in (item.obj, *asking))


def _asks(
    item: Any,
    function: Any,
    texts: Iterable[str],
    seen: frozenset[str] = frozenset(),
) -> bool:
    """Whether code of ``function`` asks for a fixture that leads to ours, or one of ``texts``."""
    function = inspect.unwrap(getattr(function, "__func__", function))
    if not isinstance(function, types.FunctionType) or not _is_own(function):
        return False
    names, constants = _words(function, getattr(item, "cls", None))
    if ASKS not in names or LOOKS in names:
        return False
    return any(_leads(item, text, seen) for text in {*constants, *texts} if text.isidentifier())


@functools.lru_cache(maxsize=None)  # noqa: UP033  (Python 3.8)
def _words(function: types.FunctionType, cls: type | None) -> tuple[frozenset[str], frozenset[str]]:
    """Names and texts in the code of ``function`` and of what it calls of the project's own."""
    names: set[str] = set()
    texts: set[str] = set()
    seen: set[types.FunctionType] = set()
    level = {function}
    for _ in range(CALLS_DEEP):
        seen |= level
        following: set[types.FunctionType] = set()
        for each in level:
            here: set[str] = set()
            for code in _codes(each.__code__):
                here.update(code.co_names)
                texts.update(text for text in code.co_consts if isinstance(text, str))
            names |= here
            following.update(_called(each, here, cls))
        level = following - seen
    return frozenset(names), frozenset(texts)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _called(
    function: types.FunctionType, names: Iterable[str], cls: type | None
) -> Iterator[types.FunctionType]:
    """Functions of the project that ``names`` in the code of ``function`` may mean."""
    globals_ = function.__globals__
    around = [globals_, *(vars(each) for each in getattr(cls, "__mro__", ()))]
    namespaces = (types.ModuleType, type)
    around += [vars(each) for each in map(globals_.get, names) if isinstance(each, namespaces)]
    found = [place.get(name) for place in around for name in names]
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:
            # Not filled yet.
            continue
    for each in found:
        if isinstance(each, types.FunctionType) and _is_own(each):
            yield each


def _is_own(function: types.FunctionType) -> bool:
    """Whether a function's file is neither a library's nor Python's."""
    file = function.__code__.co_filename
    return not file.startswith((OF_PYTHON, "<")) and not any(each in file for each in LIBRARIES)
