"""Compiled parts that a build left out: from the files of both commits and of both builds."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.gate.build.differences import Differences
from hotloop.gate.build.unbuilt import unbuilt
from hotloop.gate.model import Proof, Side
from hotloop.gate.source import tree
from hotloop.gate.source.git import Git
from hotloop.gate.source.revisions import Source
from tests import scripted_gate, tiny_project

SO = "cpython-311-x86_64-linux-gnu.so"
FAST = f"tiny/_fast.{SO}"
C = "src/tiny/_fast.c"
# Files by their contents: those that a change touches, and those that it leaves.
CHANGED = {Side.BASE: "1", Side.HEAD: "2"}
SAME = dict.fromkeys(Side, "3")
AT_HEAD = {Side.HEAD: "4"}


@pytest.mark.parametrize(
    ("files", "built", "told"),
    [
        # One side only.
        ({C: SAME}, {Side.BASE: [FAST], Side.HEAD: []}, f"head .* no {FAST}, .*though {C} is"),
        ({C: CHANGED}, {Side.BASE: [], Side.HEAD: [FAST]}, f"base .* no {FAST}, .*though {C} is"),
        ({"lib.rs": SAME}, {Side.BASE: ["tiny/tiny.abi3.so"], Side.HEAD: []}, "though lib.rs is"),
        ({"tiny/a.py": SAME}, {Side.BASE: [], Side.HEAD: [f"tiny/a.{SO}"]}, "though tiny/a.py is"),
        (
            {C: SAME, "src/tiny/more.pyx": CHANGED},
            {Side.BASE: [FAST, f"tiny/more.{SO}"], Side.HEAD: [FAST]},
            "though src/tiny/more.pyx is",
        ),
        # The commit itself adds it, moves it or begins to compile it.
        ({C: AT_HEAD}, {Side.BASE: [], Side.HEAD: [FAST]}, None),
        ({"a.c": SAME, C: AT_HEAD}, {Side.BASE: ["a.so"], Side.HEAD: ["a.so", FAST]}, None),
        (
            {"tiny/a.py": SAME, "setup.py": CHANGED},
            {Side.BASE: [], Side.HEAD: [f"tiny/a.{SO}"]},
            None,
        ),
        # Another Python has another suffix.
        ({C: CHANGED}, {Side.BASE: [FAST], Side.HEAD: ["tiny/_fast.cpython-312.so"]}, None),
        # Nothing is compiled on either side.
        ({C: CHANGED, "setup.py": SAME}, {}, f"differ in {C}, and neither build"),
        ({C: SAME, "tiny/a.py": CHANGED}, {}, None),
        ({"tests/check.c": CHANGED}, {}, None),
        ({"setup.py": SAME, "other/setup.py": SAME, "other/x.c": CHANGED}, {}, None),
        ({"other/setup.py": SAME, "other/x.c": CHANGED}, {}, "differ in other/x.c"),
    ],
)
def test_what_should_be_compiled_and_is_not_is_a_doubt(
    files: Mapping[str, Mapping[Side, str]],
    built: Mapping[Side, list[str]],
    told: str | None,
    tmp_path: Path,
) -> None:
    tiny_project.git(tmp_path, "init", "--quiet")
    base, head = (
        {path: of_side[side] for path, of_side in files.items() if side in of_side} for side in Side
    )
    source = Source(Git(tmp_path), None, tmp_path, (), "")
    differences = Differences(tree.load(tmp_path), source, ("b", "a"), (base, head))
    sides = [
        replace(
            scripted_gate.contender(side),
            proof=Proof(compiled={path: side.value for path in built.get(side, ())}),
        )
        for side in Side
    ]
    doubts = list(unbuilt(differences, *sides))
    assert len(doubts) == (told is not None)
    for doubt in doubts:
        assert doubt.startswith("it is not shown that ")
        assert f"delete {tmp_path}/.hotloop/gate" in doubt
        assert re.search(str(told), doubt)
