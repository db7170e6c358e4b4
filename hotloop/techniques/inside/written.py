"""For the tests that ``hotloop try --write`` leaves: a version beside the original."""

from __future__ import annotations

import copy
import glob
import os
import subprocess
import sys
from typing import Any

from hotloop.compare.inside import statements
from hotloop.compare.inside.equal import Rules
from hotloop.compare.inside.loading import find, load_file
from hotloop.compare.inside.outcome import difference, raised, returned
from hotloop.compare.inside.problem import examples, maker
from hotloop.techniques.inside import convert, outcomes

SEED = 1


def differences(
    original: str,
    version: str,
    function: str,
    *,
    built: bool = False,
    converted: bool = False,
    args: str | None = None,
    setup: str = "",
) -> list[str]:
    """How the version differs on each example: types, bits, order, exceptions, arguments.

    ``built``: the version is compiled by its setup.py, if it is not yet. ``converted``: it gets
    arrays for lists. ``args`` and ``setup``: as on the command line, instead of ``problem()``.
    """
    original, version = os.path.abspath(original), os.path.abspath(version)
    expected = _outcomes(original, None, function, False, args, setup)
    extension = _built(version) if built else None
    actual = _outcomes(version, extension, function, converted, args, setup, original)
    rules = Rules(exact=True, scalars=True, option="")
    found = [difference(one, other, rules, {}) for one, other in zip(expected, actual)]
    return [said for said in found if said is not None]


def _outcomes(
    path: str,
    extension: str | None,
    function: str,
    converts: bool,
    args: str | None,
    setup: str,
    beside: str | None = None,
) -> list[Any]:
    if beside is not None:
        # What the original imports from its folder, the version needs too.
        sys.path.insert(0, os.path.dirname(beside))
    module = load_file(path, extension)
    of = find(module, function, path)
    home = None if args is not None else {"path": path, "extension": extension}
    source = {"args": args, "from": home, "size_name": None, "size": None}
    make = maker(source, statements.namespace(setup, {}))
    several: list[Any] = [()] if make is None else examples(make, SEED)
    return [_outcome(of, example, converts, module.__name__) for example in several]


def _outcome(function: Any, example: Any, converts: bool, module: str) -> Any:
    arguments = copy.deepcopy(example)
    if converts:
        arguments = convert.converted(arguments)
    try:
        how, value, left = returned(function(*arguments), arguments)
    except Exception as error:
        how, value, left = raised(error, arguments)
    if converts:
        value, left = convert.back(value), tuple(map(convert.back, left))
    return outcomes.neutral((how, value, left), module)


def _built(version: str) -> str:
    """The compiled file beside the version."""
    folder, file = os.path.split(version)
    pattern = os.path.join(folder, f"{file.rpartition('.')[0]}.*.so")
    if not glob.glob(pattern):
        command = [sys.executable, "setup.py", "build_ext", "--inplace"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return glob.glob(pattern)[0]
