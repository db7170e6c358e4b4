"""What worker and listing both know of a suite: where it lies, and what its tests are called."""

from __future__ import annotations

import importlib.util
import random
import re
import sys
from pathlib import Path
from typing import Any, Sequence  # noqa: UP035  (evaluated by Python 3.8)

from ..own import json, os
from ..texts import ADDRESS

# They would add options, or tell a plugin that it runs elsewhere.
FOREIGN = ("PYTEST_ADDOPTS", "CODSPEED_ENV", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST")
# An exception outside of tests: a plugin's, a hook's of conftest.py or a warning as error. Its
# traceback is indented; "no tests ran" follows.
OUTSIDE_TESTS = re.compile(r"INTERNALERROR> ([A-Za-z_][\w.]*(?::.*)?)$")
COLOURS = re.compile(r"\x1b\[[\d;]*m")
# The same for both sides of a pair, and another one in each pair.
_SEED = os.environ.get("PYTHONHASHSEED", "")
HASH_SEED = int(_SEED) if _SEED.isdigit() else 0
# The same for all processes, so that random parameters, and so the names of tests, stay the same.
COLLECTING_SEED = 0


class Suite:
    """A side's checkout, as the driver describes it in the file ``file``.

    ``folder``: where pytest runs; ``arguments``: those of pytest, ``paths``: what it collects.
    ``places``: folders of this side's own, by what both sides call theirs; ``runners``: libraries
    that run the tests and are no part of the project, ``asking``: those of their files that ask
    git about the commit.
    """

    def __init__(self, file: str) -> None:
        described = json.loads(Path(file).read_text(encoding="utf-8"))
        self.folder: str = described["folder"]
        self.paths: list[str] = described["paths"]
        self.arguments: list[str] = list(described["arguments"])
        self.places: dict[str, str] = described["places"]
        self.runners: list[str] = described["runners"]
        self.asking: list[str] = described["asking"]
        if importlib.util.find_spec("pytest_cov") is not None:
            self.arguments.append("--no-cov")


def begin(scratch: str) -> None:
    """Make this process ready for pytest; ``scratch`` is a folder of its own."""
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ["PYTEST_DEBUG_TEMPROOT"] = scratch
    seed(COLLECTING_SEED)


def seed(number: int = HASH_SEED) -> None:
    """Let both sides of a pair draw the same random numbers."""
    random.seed(number)
    numpy = sys.modules.get("numpy")
    if numpy is not None and "numpy.random" in sys.modules:
        numpy.random.seed(number % 2**32)


def reason_of_skip(report: Any) -> str:
    """Why a test or a whole file is skipped, without the word."""
    place = report.longrepr
    words = place[2] if isinstance(place, tuple) else str(place)
    return words.partition("Skipped: ")[2] or words


def last_error(text: str) -> str:
    """What pytest printed about an error: the last line with an E, as it marks exceptions.

    Or an exception that ended it, or what it complains about; empty if there is none of them.
    """
    lines = COLOURS.sub("", text).splitlines()
    raised = [line[1:].strip() for line in lines if line.startswith("E ")]
    outside = [found[1] for line in lines for found in [OUTSIDE_TESTS.match(line)] if found]
    refused = [line for line in lines if line.startswith("ERROR: ")]
    return (outside or raised or refused or [""])[-1]


def node_id(node: Any) -> str:
    """pytest's own; from its rootdir also where that does not lie around the node's file.

    There pytest counts from the argument that it was given, which is not always the same one.
    """
    name = str(node.nodeid)
    path, top = str(getattr(node, "path", None) or node.fspath), str(node.config.rootpath)
    if f"{path}/".startswith(f"{top.rstrip('/')}/"):
        return name
    path = os.path.relpath(os.path.realpath(path), os.path.realpath(top))
    _, colons, inside = name.partition("::")
    return path + colons + inside


def identities(items: Sequence[Any]) -> list[tuple[str, Any]]:
    """Each test with its node id, without the addresses of objects, which differ in each process.

    A number is added to those that others have had before.
    """
    seen: dict[str, int] = {}
    found = []
    for item in items:
        name = ADDRESS.sub("", node_id(item))
        number = seen[name] = seen.get(name, 0) + 1
        found.append((name if number == 1 else f"{name} ({number})", item))
    return found


def file_of(item: Any, folder: str) -> str:
    """The file that a test is in, relative to ``folder``."""
    return os.path.relpath(str(getattr(item, "path", None) or item.fspath), folder)
