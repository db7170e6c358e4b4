"""``hotloop gate --pytest`` in the process of a test, with a shell's variables."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests import commands

# Links to one pip and one setuptools, with byte code, in place of copies that each compile theirs.
LINKED = {"VIRTUALENV_SYMLINK_APP_DATA": "1", "VIRTUALENV_SETUPTOOLS": "bundle"}
ENVIRONMENT = {
    name: value for name, value in commands.ENVIRONMENT.items() if not name.startswith("PYTEST")
} | LINKED

Row = Mapping[str, object]


def stored_result(
    folder: Path, *words: str, base: str = "base", pair_length: float = commands.SHORT_PAIRS
) -> dict[str, Any]:
    """What a run in ``folder`` stores; ``pair_length``: that of its pairs, as a part of usual."""
    result = folder.with_name(f"{folder.name}.json")
    options = (base, "--pytest", "--environment", "here", "--json", str(result))
    ended = commands.here(
        folder, "gate", *options, *words, environment=ENVIRONMENT, pair_length=pair_length
    )
    assert result.exists(), ended.stderr
    stored: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return stored


def rows(folder: Path, *words: str) -> dict[str, Row]:
    """The result's benchmarks by their names without the file."""
    return named_rows(stored_result(folder, *words))


def named_rows(stored: Mapping[str, Any]) -> dict[str, Row]:
    return {row["name"].partition("::")[2]: row for row in stored["benchmarks"]}
