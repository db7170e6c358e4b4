"""When an environment for tests is filled again, or made anew: which commit did it hold?

All of it is real but what is run in the environment, and its installers.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from hotloop.gate.build import wheels
from hotloop.gate.build.shell import Shell
from hotloop.gate.build.slot import Slot
from hotloop.gate.build.wanted import Wanted
from hotloop.gate.model import Proof, PytestRequest, Request, Side
from hotloop.gate.preparation import resolved
from hotloop.gate.source import tree
from tests import tiny_project

MADE, FILLED = "made", "filled"
PACKAGE = {"tiny/__init__.py": "", ".gitignore": ".hotloop\n"}
# What the wheel of a commit would say of itself.
WANTS = {"METADATA": "Name: tiny\nRequires-Dist: quick==1\n"}
WANTS_MORE = {"METADATA": "Name: tiny\nRequires-Dist: quick==1\nRequires-Dist: it; extra == 'x'\n"}


def done(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    first: Mapping[str, str],
    second: Mapping[str, str],
) -> list[str]:
    """What is done to one environment for a commit, again for the same one, and for the next."""
    folder.mkdir()
    tiny_project.git(folder, "init", "--quiet", "--initial-branch=main")
    for files in (first, second):
        tiny_project.commit(folder, "a commit", {**PACKAGE, **files})
    project = tree.load(folder)
    source, commits, _ = resolved(project, Request("HEAD~1", "HEAD"), lambda *_: None)
    told: list[str] = []

    def create(slot: Slot) -> None:
        told.append(MADE)
        python = slot.place / "env/bin/python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.unlink(missing_ok=True)
        python.symlink_to(sys.executable)

    def fill(slot: Slot, checkout: Path, variables: str, anew: bool) -> Path:
        # Nothing can be left where the environment was made just now.
        assert anew is (told[-1] == MADE)
        told.append(FILLED)
        wheel = folder / "tiny.whl"
        info = slot.place / "env/site/tiny-1.dist-info"
        note = json.dumps({"url": wheel.as_uri()})
        metadata = (checkout / "METADATA").read_text(encoding="utf-8")
        tiny_project.write(info, {"METADATA": metadata, "direct_url.json": note})
        return wheel

    def said(slot: Slot) -> str:
        library = str(slot.place / "env/site")
        return repr(("3.11", [library], dict.fromkeys(wheels.LIBRARIES, library)))

    monkeypatch.setattr(Slot, "_create", create)
    monkeypatch.setattr(Slot, "_fill", fill)
    monkeypatch.setattr(Slot, "_wheel", lambda *_: folder / "tiny.whl")
    monkeypatch.setattr(Slot, "_said", said)
    monkeypatch.setattr(Slot, "_proof", lambda *_: Proof((), ()))
    wanted = Wanted(sys.executable, PytestRequest(folder), (), ())
    place = project.gate_folder / "a"
    with Shell(60.0) as shell:
        for side in (Side.BASE, Side.BASE, Side.HEAD):
            told.append(side.value)
            revision = commits[side]
            Slot(project, source, place, side, revision, wanted, shell, lambda _: None).install()
    return told


@pytest.mark.parametrize(
    ("second", "rest"),
    [({**WANTS, "tiny/more.py": ""}, [FILLED]), (WANTS_MORE, [FILLED, MADE, FILLED])],
    ids=["the same libraries", "others"],
)
def test_an_environment_is_used_again_unless_a_commit_asks_for_other_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: Mapping[str, str], rest: list[str]
) -> None:
    told = done(monkeypatch, tmp_path / "tiny", WANTS, second)
    assert told == ["base", MADE, FILLED, "base", "head", *rest]
