"""What of a project's settings only an installation brings into effect: requirements, entry points.

Where nothing is installed, both sides have those that the Python they run in happens to have.
"""

import ast
import configparser
import re
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.gate.source.tree import PYPROJECT, pyproject

OF_PYPROJECT = (
    "project.requires-python",
    "project.dependencies",
    "project.entry-points",
    "project.scripts",
    "project.gui-scripts",
    "tool.poetry.dependencies",
    "tool.poetry.plugins",
    "tool.poetry.scripts",
)
EXTRAS = "project.optional-dependencies"
# Extras that are for who works on the project, by their names.
FOR_WORK = re.compile(
    r"(?i)^(all|ci)$|dev|test|doc|lint|typ|mypy|check|cov|bench|perf|build|release"
)

OF_SETUP_CFG = ("options.install_requires", "options.entry_points")
OF_SETUP_PY = ("install_requires", "entry_points")


def differing(base: Path, head: Path) -> list[str]:
    """Names of those that are not the same in both folders, with the file that has them."""
    readers = {PYPROJECT: _toml, "setup.cfg": _cfg, "setup.py": _py}
    return [
        f"{key} of {name}"
        for name, read in readers.items()
        for key, (before, now) in _both(read(base / name), read(head / name)).items()
        if before != now
    ]


def at_path(table: object, path: str) -> object:
    """What a table of TOML has under names joined by dots; None: nothing."""
    for key in path.split("."):
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _both(base: dict[str, str], head: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {key: (base.get(key, ""), head.get(key, "")) for key in {**base, **head}}


def _toml(file: Path) -> dict[str, str]:
    try:
        table = pyproject(file.parent)
    except UsageError:
        return {}
    found = {}
    for path in OF_PYPROJECT:
        value = at_path(table, path)
        if value:
            found[path] = repr(value)
    extras = at_path(table, EXTRAS)
    for name, wanted in extras.items() if isinstance(extras, dict) else ():
        if not FOR_WORK.search(name):
            found[f"{EXTRAS}.{name}"] = repr(wanted)
    return found


def _cfg(file: Path) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(_text(file))
    except configparser.Error:
        return {}
    found = {}
    for path in OF_SETUP_CFG:
        section, _, key = path.partition(".")
        value = parser.get(section, key, fallback="")
        if parser.has_section(path):
            value = repr(parser.items(path))
        found[path] = value
    return found


def _py(file: Path) -> dict[str, str]:
    """As it is written in a call; what it computes is not known."""
    try:
        tree = ast.parse(_text(file))
    except (SyntaxError, ValueError):
        return {}
    arguments = (each for each in ast.walk(tree) if isinstance(each, ast.keyword))
    return {each.arg: ast.dump(each.value) for each in arguments if each.arg in OF_SETUP_PY}


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
