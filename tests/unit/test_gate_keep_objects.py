"""The second build of a commit: by which commands it is made, and what it keeps of the links.

All of it is real but the environments and what installs in them; this Python stands for both.
"""

import json
import shutil
import sys
import zipfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.gate.build import installing, kits, stand_ins
from hotloop.gate.build.kits import Link
from hotloop.gate.build.layouts import Layouts, places_of
from hotloop.gate.build.shell import Shell
from hotloop.gate.build.slot import Slot
from hotloop.gate.build.venvs import Environments
from hotloop.gate.build.wanted import Wanted
from hotloop.gate.model import Contender, Proof, PytestRequest, Request, Side
from hotloop.gate.preparation import resolved
from hotloop.gate.source import tree
from tests import tiny_project

FILES = {"fast.c": "int answer(void) { return 42; }\n", ".gitignore": ".hotloop\n*.so\n"}
LIBRARY = "tiny/fast.so"


def compiled(folder: Path) -> str:
    return f"cc -shared -fPIC fast.c -o {folder}/fast.so"


def refuse_another(link: Link, file: Path) -> None:
    """It is what ``file`` was linked from, and its objects are there."""
    assert link.as_built() == file.read_bytes()
    assert link.objects
    assert all((link.folder / name).is_file() for name in link.objects)


@pytest.mark.parametrize("zips", [True, False], ids=["a wheel", "no wheel"])
def test_asv_installs_once_more_what_no_wheel_is_built_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zips: bool
) -> None:
    from asv.config import Config
    from asv.environment import ExistingEnvironment

    folder, installed = tmp_path / "tiny", tmp_path / "installed"
    for each in (folder, installed):
        each.mkdir()
    tiny_project.git(folder, "init", "--quiet", "--initial-branch=main")
    commit = tiny_project.commit(folder, "a library", FILES)
    conf = Config()
    conf.project, conf.repo, conf.dvcs = "tiny", str(folder), "git"
    conf.env_dir = str(tmp_path / "env")
    kit = tmp_path / "kit"
    wheel = kit / stand_ins.WHEEL
    zipped = f"{sys.executable} -m zipfile -c {wheel}/tiny.whl {wheel}/fast.so"
    builds = [compiled(Path("{build_cache_dir}")), zipped] if zips else []
    conf.build_command = [f"sh -c '{each}'" for each in builds]
    conf.install_command = [f"sh -c '{compiled(installed)}'"]
    environment = ExistingEnvironment(conf, sys.executable, {}, {})
    programs = Path(environment._path, "bin")
    programs.mkdir(parents=True)
    # asv runs what is in the environment.
    (programs / "sh").symlink_to("/bin/sh")
    monkeypatch.setattr(installing, "_in_slot", lambda _: (environment, conf))
    installing.keep_objects({"kit": str(kit), "commit": commit})
    assert (installed / "fast.so").exists() is not zips
    if zips:
        (link,) = kits.read(kit).values()
        refuse_another(link, wheel / "fast.so")
    else:
        links = kits.installed(kit, {LIBRARY: [installed / "fast.so"]})
        refuse_another(links[LIBRARY], installed / "fast.so")


def test_a_wheel_for_tests_is_kept_for_its_variables_and_built_again_beside_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    tiny_project.git(folder, "init", "--quiet", "--initial-branch=main")
    tiny_project.commit(folder, "a library", FILES)
    project = tree.load(folder)
    source, commits, _ = resolved(project, Request("HEAD", "HEAD"), lambda *_: None)
    built: list[Path] = []

    def build(slot: Slot, checkout: Path, to: Path, variables: Mapping[str, str]) -> None:
        # What an earlier build has left would be taken for up to date.
        assert not (checkout / "fast.so").exists()
        slot._run(["sh", "-c", compiled(checkout)], checkout, variables)
        with zipfile.ZipFile(to / "tiny-0-py3-none-any.whl", "w") as wheel:
            wheel.write(checkout / "fast.so", LIBRARY)
        built.append(to)

    monkeypatch.setattr(Slot, "_build", build)
    with Shell(60.0) as shell:

        def slot(name: str, side: Side) -> Slot:
            wanted = Wanted(sys.executable, PytestRequest(folder), (), ())
            place = project.gate_folder / name
            made = Slot(project, source, place, side, commits[side], wanted, shell, print)
            made.place.mkdir(parents=True, exist_ok=True)
            made._log.write_bytes(b"")
            return made

        one, other = slot("a", Side.BASE), slot("b", Side.HEAD)
        checkouts = [each._check_out() for each in (one, other)]
        wheel = one._wheel(checkouts[0], "some")
        # Either side's, and no other build's.
        assert other._wheel(checkouts[1], "some") == wheel
        assert len(built) == 1
        assert other._wheel(checkouts[1], "others") != wheel
        assert len(built) == 2
        before = wheel.read_bytes()
        one.stamp.write_text('{"wheel": true}', encoding="utf-8")
        revision = commits[Side.BASE]
        contender = Contender(Side.BASE, revision, "", Path(sys.executable), one.place)
        links = one.keep_objects(contender)
    assert built[-1].is_relative_to(project.gate_folder / "kit-base")
    assert wheel.read_bytes() == before
    refuse_another(links[LIBRARY], checkouts[0] / "fast.so")


UNUSED = "int unused(int a) { return a * 5; }\n"
# By the user's own command, as an editable install is, or into the folder of a wheel.
BY_COMMAND = "mkdir -p tiny && ${CC:-cc} -shared -fPIC fast.c -o tiny/fast.so"


@pytest.mark.parametrize("by_command", [False, True], ids=["wheels", "commands"])
def test_environments_for_tests_are_linked_anew_and_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_command: bool
) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    tiny_project.git(folder, "init", "--quiet", "--initial-branch=main")
    tiny_project.commit(folder, "a library", FILES)
    tiny_project.commit(folder, "an unused function", {"fast.c": FILES["fast.c"] + UNUSED})
    project = tree.load(folder)
    source, commits, _ = resolved(project, Request("HEAD~1", "HEAD"), lambda *_: None)

    def build(slot: Slot, checkout: Path, to: Path, variables: Mapping[str, str]) -> None:
        slot._run(["sh", "-c", BY_COMMAND], checkout, variables)
        with zipfile.ZipFile(to / "tiny-0-py3-none-any.whl", "w") as wheel:
            wheel.write(checkout / LIBRARY, LIBRARY)

    monkeypatch.setattr(Slot, "_build", build)
    slots, sides = {}, {}
    asked = PytestRequest(folder, installs=(BY_COMMAND,) if by_command else ())
    with Shell(60.0) as shell:
        for side, name in zip(Side, "ab", strict=True):
            wanted, place = Wanted(sys.executable, asked, (), ()), project.gate_folder / name
            slot = Slot(project, source, place, side, commits[side], wanted, shell, print)
            slot.place.mkdir(parents=True)
            slot._log.write_bytes(b"")
            slot.stamp.write_text(json.dumps({"wheel": not by_command}), encoding="utf-8")
            checkout = slot._check_out()
            slot._run(["sh", "-c", BY_COMMAND], checkout, {})
            copies = [tmp_path / side.value / copy for copy in ("library", "checkout of tests")]
            for copy in copies:
                shutil.copytree(checkout / "tiny", copy / "tiny")
            roots = (checkout, *copies[1:]) if by_command else copies
            proof = Proof(roots=tuple(map(str, roots)), compiled={LIBRARY: side.value})
            python = Path(sys.executable)
            sides[side] = Contender(side, commits[side], "", python, slot.place, proof=proof)
            slots[side] = slot
    made = Environments(sides, (), slots)
    before = contents(sides)

    def again() -> AbstractContextManager[Layouts]:
        return made.layouts(sides[Side.BASE], sides[Side.HEAD], print)

    seen = [before]
    with again() as layouts:
        assert layouts.uncovered == {}
        for seed in (1, 2):
            assert contents(sides) == seen[-1]
            layouts.lay(seed)
            seen.append(contents(sides))
    # All places of a side have the same, and it is another one each time.
    assert all(len(set(of_side)) == 1 for of_sides in seen for of_side in of_sides)
    assert len({file for of_sides in seen for of_side in of_sides for file in of_side}) == 6
    assert contents(sides) == before
    # Nor has a second build that fails taken anything away.
    monkeypatch.setenv("CC", "/nowhere/cc")
    with pytest.raises(MeasurementError, match="could not be built again"), again():
        pass
    assert contents(sides) == before


def contents(sides: Mapping[Side, Contender]) -> list[list[bytes]]:
    """What each side has in its places of the library."""
    return [[place.read_bytes() for place in places_of(sides[side], LIBRARY)] for side in Side]
