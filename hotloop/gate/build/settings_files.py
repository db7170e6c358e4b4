"""What the files say that set up a project's installation, as it is written there."""

import ast
import configparser
from collections.abc import Iterable, Iterator
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.gate.source.tree import pyproject


def of_pyproject(folder: Path, paths: Iterable[str]) -> dict[str, object]:
    """What pyproject.toml has under ``paths``, names joined by dots; None: nothing."""
    try:
        table: object = pyproject(folder)
    except UsageError:
        table = {}
    return {path: _at(table, path) for path in paths}


def of_setup_cfg(folder: Path, paths: Iterable[str]) -> dict[str, str]:
    """The keys of setup.cfg, or whole sections, under ``paths``: section and key, with a dot."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text(folder / "setup.cfg"))
    except configparser.Error:
        parser.clear()
    found = {}
    for path in paths:
        section, _, key = path.partition(".")
        value = parser.get(section, key, fallback="")
        if parser.has_section(path):
            value = repr(parser.items(path))
        found[path] = value
    return found


def of_setup_py(folder: Path, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Arguments of calls in setup.py that have one of ``names``, not what they compute."""
    wanted = frozenset(names)
    try:
        tree = ast.parse(text(folder / "setup.py"))
    except (SyntaxError, ValueError):
        return
    for each in ast.walk(tree):
        if isinstance(each, ast.keyword) and each.arg in wanted:
            yield each.arg, ast.dump(each.value)


def text(file: Path) -> str:
    """The whole of it; nothing if there is no such file."""
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


def _at(table: object, path: str) -> object:
    for key in path.split("."):
        table = table.get(key) if isinstance(table, dict) else None
    return table
