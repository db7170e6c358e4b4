"""A user's file, module or statement as something to call.

Every contender's process begins with this: what few need is imported where it is needed.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import sys
import types

# Nor what only annotations need.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

PROBLEM = "problem"


class NotThere(Exception):
    """The file, the module or the function that was asked for is not there."""


def load_file(path: str, extension: str | None = None) -> types.ModuleType:
    """The module in a file, imported once, its folder first on the path as with ``python FILE``.

    In a package it has the package's name, so that it may import from there by ``from .``.
    ``extension``: the file that holds it compiled.
    """
    folder, _, file = path.rpartition("/")
    name = file.rpartition(".")[0]
    if extension is not None:
        # Its name is compiled in, and may be another if the file's is none: two-words.py.
        name = extension.rpartition("/")[2].partition(".")[0]
    package = _package(folder)
    if package:
        # Before its part: it often imports that itself.
        importlib.import_module(package)
        name = f"{package}.{name}"
        if extension is not None and not _is_from(sys.modules.get(name), extension):
            sys.modules.pop(name, None)
    compiled_in = name
    if name in sys.modules and getattr(sys.modules[name], "__file__", None) not in (
        path,
        extension,
    ):
        # A file that is called like a module that is in use, such as random.py.
        name = f"{name}_of_{folder.rpartition('/')[2]}"
    if name in sys.modules:
        return sys.modules[name]
    if folder not in sys.path:
        sys.path.insert(0, folder)
    loader: Any
    if extension is not None:
        name = compiled_in
        loader = importlib.machinery.ExtensionFileLoader(name, extension)
    else:
        loader = importlib.machinery.SourceFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, extension or path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    # Where it looks for its data, compiled or not.
    module.__file__ = path
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _package(folder: str) -> str:
    """The dotted name of the package that a folder is, its parent on the path; "" if it is none."""
    names: list[str] = []
    while os.path.isfile(f"{folder}/__init__.py"):
        folder, _, name = folder.rpartition("/")
        names.insert(0, name)
    if not names or not all(name.isidentifier() for name in names):
        return ""
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return ".".join(names)


def _is_from(module: types.ModuleType | None, file: str) -> bool:
    return getattr(getattr(module, "__spec__", None), "origin", None) == file


def look_here_too() -> None:
    """Let modules of the current folder be found, as with ``python -m timeit``.

    After all others: its random.py is not to stand in for Python's.
    """
    here = os.getcwd()
    if here not in sys.path:
        sys.path.append(here)


def load_module(source: Mapping[str, Any]) -> types.ModuleType:
    """The module of a source: a dict with ``path`` (and ``extension``) or ``module``."""
    if source.get("path"):
        return load_file(source["path"], source.get("extension"))
    look_here_too()
    return importlib.import_module(source["module"])


def find(module: types.ModuleType, dotted: str, where: str) -> Callable[..., object]:
    """The callable of that name in a module. Raises NotThere with close matches."""
    found: Any = module
    for name in dotted.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            from difflib import get_close_matches

            near = get_close_matches(name, [n for n in dir(found) if not n.startswith("_")])
            advice = f"; did you mean {' or '.join(near)}?" if near else ""
            raise NotThere(f"{where} has no {dotted}{advice}") from None
    if not callable(found):
        raise NotThere(f"{dotted} in {where} is {a(found)}, which cannot be called")
    return found  # type: ignore[no-any-return]


def functions(module: types.ModuleType, arguments: tuple[object, ...] | None) -> list[str]:
    """The public callables that a module defines and that take these arguments, in its order.

    None: whatever they take. ``problem`` is none of them, nor are classes and what was imported.
    """
    found = []
    for name, value in vars(module).items():
        if name.startswith("_") or name == PROBLEM or not callable(value):
            continue
        if isinstance(value, (type, types.ModuleType)):
            continue
        home = getattr(value, "__module__", None)
        # Aliases such as ``builtin = sum`` are meant; names that an import brought are not.
        imported = home not in (module.__name__, None, "builtins")
        if imported and getattr(value, "__name__", None) == name:
            continue
        if arguments is None or takes(value, arguments):
            found.append(name)
    return found


def takes(function: Callable[..., object], arguments: tuple[object, ...]) -> bool:
    """Whether it can be called with these; True if it does not say."""
    import inspect

    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True


def needs_arguments(function: Callable[..., object]) -> bool:
    """Whether it cannot be called without any."""
    if type(function) is types.FunctionType and not function.__dict__:
        # The usual case: ``inspect`` would take longer to import than many a contender.
        code, more = function.__code__, function.__kwdefaults__ or {}
        defaults = len(function.__defaults__ or ())
        return code.co_argcount > defaults or code.co_kwonlyargcount > len(more)
    return not takes(function, ())


def a(value: object) -> str:
    """ "an int", "a list"."""
    name = type(value).__name__
    return f"a{'n' if name[:1].lower() in 'aeiou' else ''} {name}"
