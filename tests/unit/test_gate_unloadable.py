"""Compiled parts that cannot be imported, by imports in real interpreters."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.gate.build.unloadable import unloadable
from hotloop.gate.model import Proof, Side
from tests import scripted_gate, tiny_project

FAST = "tiny/_fast.abi3.so"


@pytest.mark.parametrize(
    ("base", "head", "told"),
    [
        ({FAST: "1"}, {FAST: "2"}, ["base", "head"]),
        ({}, {FAST: "2"}, ["head"]),
        ({FAST: "1"}, {FAST: "1"}, []),
        # It needs a module that is not there; and what is no module.
        ({"tiny/more.abi3.so": "1"}, {"tiny/more.abi3.so": "2"}, []),
        ({"tiny.libs/libz-1.so": "1"}, {"tiny.libs/libz-1.so": "2"}, []),
    ],
)
def test_what_is_built_and_cannot_be_imported_is_a_doubt(
    base: Mapping[str, str], head: Mapping[str, str], told: list[str], tmp_path: Path
) -> None:
    files = {
        "tiny/__init__.py": "print('hello')\n",
        FAST: "no library",
        "tiny/more.py": "import absent\n",
    }
    tiny_project.write(tmp_path, files)
    sides = [
        replace(
            scripted_gate.contender(side),
            python=Path(sys.executable),
            variables=(("ASV_PYTHONPATH", str(tmp_path)),),
            proof=Proof(compiled=compiled),
        )
        for side, compiled in ((Side.BASE, base), (Side.HEAD, head))
    ]
    doubts = list(unloadable(*sides))
    assert [doubt.partition(" ran ")[0] for doubt in doubts] == [
        f"it is not shown that {side}" for side in told
    ]
    assert all("tiny._fast is built, and cannot be imported (" in doubt for doubt in doubts)
