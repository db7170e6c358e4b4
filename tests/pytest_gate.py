"""``hotloop gate --pytest`` in the process of a test, with a shell's variables."""

import json
from pathlib import Path
from typing import Any

from tests import commands

ENVIRONMENT = {
    name: value for name, value in commands.ENVIRONMENT.items() if not name.startswith("PYTEST")
}


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
