"""``[tool.hotloop]`` in pyproject.toml: what ``hotloop gate`` is told once for all."""

import difflib
from collections.abc import Mapping
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.gate.source import tree

TABLE = "[tool.hotloop]"
# Each key is an option of the same name; those with several values are lists there.
LISTS = ("pytest", "install", "extra", "group", "requirement")
TEXTS = ("pytest-args", "python", "environment")


def read(folder: Path) -> dict[str, str | list[str]]:
    """The table of the project in ``folder``; empty if there is none.

    Raises UsageError for a key that is unknown or has a value of another kind.
    """
    tool = tree.pyproject(folder).get("tool", {})
    table = tool.get("hotloop", {}) if isinstance(tool, Mapping) else {}
    file = folder / tree.PYPROJECT
    if not isinstance(table, Mapping):
        raise UsageError(f"{file}: hotloop in [tool] has to be a table, {TABLE}")
    return {key: _value(file, key, value) for key, value in table.items()}


def _value(file: Path, key: str, value: object) -> str | list[str]:
    if key in TEXTS:
        if isinstance(value, str) and value.strip():
            return value
        raise UsageError(f'{file}: "{key}" in {TABLE} has to be a text that is not empty')
    if key in LISTS:
        if isinstance(value, str):
            return [value]
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return list(value)
        raise UsageError(f'{file}: "{key}" in {TABLE} has to be a list of texts')
    near = difflib.get_close_matches(key, (*LISTS, *TEXTS), 1, 0.0)
    raise UsageError(f'{file}: {TABLE} has no key "{key}"; did you mean "{near[0]}"?')
