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
from hotloop.gate.build.slot import Slot, read_stamp
from hotloop.gate.build.wanted import Wanted
from hotloop.gate.model import Proof, PytestRequest, Request, Side
from hotloop.gate.preparation import resolved
from hotloop.gate.source import tree
from tests import environments, tiny_project
from tests.gate_sites import says

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


# As an editable install does.
INSTALL = """
import json, os, pathlib, sysconfig
place = pathlib.Path(sysconfig.get_path("purelib"))
(place / "tiny.pth").write_text(os.getcwd())
info = place / "tiny-0.dist-info"
info.mkdir(exist_ok=True)
source = {"url": pathlib.Path().absolute().as_uri(), "dir_info": {"editable": True}}
(info / "METADATA").write_text("Metadata-Version: 2.1\\nName: tiny\\nVersion: 0\\n")
(info / "RECORD").write_text("tiny.pth,,\\n")
(info / "direct_url.json").write_text(json.dumps(source))
"""


def test_what_a_command_of_the_users_installs_is_the_commits_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    tiny_project.git(folder, "init", "--quiet", "--initial-branch=main")
    rest = {"pyproject.toml": tiny_project.PYPROJECT, "install.py": INSTALL, ".gitignore": "*.so\n"}
    for answer in (1, 2):
        tiny_project.commit(folder, "a commit", rest | tiny_project.answering(answer))
    project = tree.load(folder)
    source, commits, _ = resolved(project, Request("HEAD~1", "HEAD"), lambda *_: None)
    asked = PytestRequest(folder, installs=("python install.py", "touch tiny/made.so"))
    wanted = Wanted(sys.executable, asked, (), ())
    installed: list[str] = []
    monkeypatch.setattr(Slot, "_create", lambda slot: environments.bare(slot._environment))
    monkeypatch.setattr(Slot, "_run_pip", lambda _, *words: installed.append(words[-1]))
    told: list[str] = []
    place = project.gate_folder / "a"
    with Shell(60.0) as shell:
        for side, said in ((Side.BASE, "1"), (Side.BASE, "1"), (Side.HEAD, "2")):
            slot = Slot(project, source, place, side, commits[side], wanted, shell, told.append)
            made = slot.install()
            assert says(made) == said
            assert (made.proof.names, made.proof.doubt) == (("tiny",), None)
            assert str(place / "project") in made.proof.roots
            assert list(made.proof.compiled) == ["tiny/made.so"]
            assert not read_stamp(slot.stamp)["wheel"]
    # Nothing had to be done for the second.
    built = [f"{side.value}: installing {commits[side].commit[:8]}" for side in Side]
    assert [each.partition(" by ")[0] for each in told] == built
    assert installed == ["pytest", "pytest"]
