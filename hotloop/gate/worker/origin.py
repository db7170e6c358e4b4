"""Which files the project's modules were imported from: asked after the benchmark has run.

This file imports nothing of the worker, so that another interpreter can run it too.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sys
import textwrap
import types
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence  # noqa: UP035  (evaluated by Python 3.8)

# The first one ends the run; more than a handful say nothing new.
MOST_STRAYS = 20
CHILD_LIMIT_S = 60.0
ASKING = """
import runpy
origin = runpy.run_path({file!r})
found = origin["strays"]({names!r}, {roots!r}) + origin["code_from"]({own!r})
print({mark!r} + origin["json"].dumps(found))
"""
MARK = "hotloop-origin "


def strays(names: Iterable[str], roots: Sequence[str]) -> list[list[str]]:
    """Modules called ``names``, and those below them, that come from outside ``roots``.

    As (module, file), the shortest names first. Modules that are not from a file are left out.
    """
    wanted = frozenset(names)
    plain = tuple(f"{root}{os.sep}" for root in roots)
    real = tuple(f"{Path(root).resolve()}{os.sep}" for root in roots)
    found = []
    for name, module in list(sys.modules.items()):
        if not _is_wanted(name, wanted):
            continue
        file = _file_of(module)
        if file is None or file.startswith(plain):
            continue
        place = str(Path(file).resolve())
        if not place.startswith(real):
            found.append([name, place])
    return sorted(found, key=lambda stray: (stray[0].count("."), stray[0]))[:MOST_STRAYS]


def code_from(files: Sequence[str]) -> list[list[str]]:
    """(module, file) of modules and functions in memory that are of ``files``, each file once.

    Functions however they were loaded, and whether or not their module is still in sys.modules.
    """
    if not files:
        return []
    wanted = {os.path.realpath(file): file for file in files}
    folders: dict[str, str] = {}
    found: dict[str, str] = {}
    for place, module in _places().items():
        file = wanted.get(_real(place, folders))
        if file is not None:
            found.setdefault(file, module)
    return [[module, file] for file, module in found.items()][:MOST_STRAYS]


def _real(place: str, folders: dict[str, str]) -> str:
    """``place`` without links; ``folders`` keeps those of folders, of which there are few."""
    folder, name = os.path.split(place)
    if folder not in folders:
        folders[folder] = os.path.realpath(folder)
    plain = os.path.join(folders[folder], name)  # noqa: PTH118  (of hundreds of files)
    return os.path.realpath(plain) if os.path.islink(plain) else plain  # noqa: PTH114


def modules_files() -> Iterator[tuple[str, str]]:
    """The files of the modules in memory, each with the module's name."""
    for name, module in list(sys.modules.items()):
        file = _file_of(module)
        if file is not None:
            yield file, name


def _places() -> dict[str, str]:
    """The files of modules and of functions in memory, each with the name of one of its modules."""
    places: dict[str, str] = {}
    for file, name in modules_files():
        places.setdefault(file, name)
    for each in gc.get_objects():
        if type(each) is types.FunctionType:
            file = each.__code__.co_filename
            if file not in places:
                places[file] = str(each.__module__)
    return places


def executed() -> list[str]:
    """The files whose code runs from now on, by import or any other way; the set keeps growing.

    This cannot be undone, and it costs time: use it only where nothing is timed.
    """
    files: list[str] = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "exec" and arguments:
            file = getattr(arguments[0], "co_filename", "")
            if os.path.isabs(file):  # noqa: PTH117  (it runs at every event)
                files.append(file)

    sys.addaudithook(note)
    return files


def strays_of_a_child(
    benchmark: Any,
    params: Sequence[Any],
    names: Sequence[str],
    roots: Sequence[str],
    own: Sequence[str],
) -> list[list[str]]:
    """The same for the interpreter that a timeraw benchmark starts: runs its script once more.

    Empty if the script fails, which the benchmark itself reports.
    """
    # Not for all the others.
    import subprocess

    with contextlib.suppress(Exception):
        script = benchmark.func(*params)
        stmt, setup = script if isinstance(script, tuple) else (script, "")
        asked = {"names": list(names), "roots": list(roots), "own": list(own)}
        asking = ASKING.format(file=__file__, mark=MARK, **asked)
        code = "\n".join((textwrap.dedent(setup), textwrap.dedent(stmt), asking))
        ended = subprocess.run(
            [sys.executable, "-c", "import sys\nexec(sys.stdin.read(), {})"],
            input=code.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **(getattr(benchmark, "_timeraw_env", None) or {})},
            timeout=CHILD_LIMIT_S,
        )
        for line in ended.stdout.decode(errors="replace").splitlines():
            if line.startswith(MARK):
                found: list[list[str]] = json.loads(line[len(MARK) :])
                return found
    return []


def _is_wanted(name: str, wanted: frozenset[str]) -> bool:
    while name:
        if name in wanted:
            return True
        name = name.rpartition(".")[0]
    return False


def _file_of(module: object) -> str | None:
    """The file of a module, without triggering one that is loaded on first access."""
    try:
        own = object.__getattribute__(module, "__dict__")
    except AttributeError:
        return None
    file = own.get("__file__")
    return file if isinstance(file, str) else None
