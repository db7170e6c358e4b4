"""The second build of a commit: by which commands it is made, and what it keeps of the links.

All of it is real but the environments and what installs in them; this Python stands for both.
"""

import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from hotloop.gate.build import installing, kits, stand_ins
from hotloop.gate.build.kits import Link
from hotloop.gate.build.shell import Shell
from hotloop.gate.build.slot import Slot
from hotloop.gate.build.wanted import Wanted
from hotloop.gate.model import Contender, PytestRequest, Request, Side
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
