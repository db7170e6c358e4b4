"""``hotloop gate --pytest`` in the process of a test, with a shell's variables."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from hotloop import cli
from hotloop.gate.pairs import slices
from tests import commands

ENVIRONMENT = {
    name: value for name, value in commands.ENVIRONMENT.items() if not name.startswith("PYTEST")
}


def stored_result(
    folder: Path, *words: str, base: str = "base", pair_length: float = 1.0
) -> dict[str, Any]:
    """What a run in ``folder`` stores; ``pair_length``: that of its pairs, as a part of usual."""
    result = folder.with_name(f"{folder.name}.json")
    options = (base, "--pytest", "--environment", "here", "--json", str(result))
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in os.environ.keys() - ENVIRONMENT.keys():
            patch.delenv(name)
        for length in ("PAIR_S", "LONGEST_PAIR_S"):
            patch.setattr(slices, length, getattr(slices, length) * pair_length)
        cli.main(["gate", *options, *words], out, err)
    assert result.exists(), err.getvalue()
    stored: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return stored
