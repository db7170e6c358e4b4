"""Checkouts of a repository that keeps files by git-lfs."""

import shutil
from pathlib import Path

import pytest

from hotloop.gate.source import lfs, submodules
from hotloop.gate.source.git import Git
from tests import tiny_project

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:1d8f\nsize 5\n"
TRACKED = {".gitattributes": "*.bin filter=lfs\n"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    folder.mkdir()
    tiny_project.git(folder, "init", "--quiet")
    return folder


def test_pointers_that_stayed_are_told(clone: Path) -> None:
    files = {"data/a.bin": POINTER, "b.bin": "12345", "plain.txt": POINTER}
    tiny_project.commit(clone, "data", TRACKED | files)
    (said,) = lfs.missing(clone, "0123456789")
    assert said.startswith("data/a.bin of 01234567: only a pointer of git-lfs is there, ")
    assert said.endswith("git lfs install and git lfs fetch origin 01234567")
    (clone / "data/a.bin").write_text("12345")
    assert lfs.missing(clone, "0123456789") == []
    assert lfs.missing(clone / "data", "0123456789") == []


def test_what_the_users_clone_configures_and_keeps_holds_for_checkouts(clone: Path) -> None:
    before = lfs.settings(Git(clone))
    tiny_project.git(clone, "config", "filter.lfs.smudge", "cat")
    (clone / ".git/lfs").mkdir()
    (clone / "inside").mkdir()
    assert lfs.settings(Git(clone / "inside")) == before | {
        "filter.lfs.smudge": "cat",
        "lfs.storage": str(clone / ".git/lfs"),
    }
    assert lfs.settings(None) == {"lfs.skipdownloaderrors": "true"}


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="git-lfs is not installed")
def test_a_checkout_of_another_clone_has_the_files_that_the_users_has(clone: Path) -> None:
    tiny_project.git(clone, "lfs", "install", "--local")
    tiny_project.commit(clone, "data", TRACKED | {"a.bin": "12345"})
    assert tiny_project.git(clone, "show", "HEAD:a.bin").startswith("version https://git-lfs")
    mirror, place = clone.with_name("mirror"), clone.with_name("place")
    tiny_project.git(clone, "clone", "--quiet", "--bare", "--shared", ".", str(mirror))
    place.mkdir()
    git = Git(place, submodules.variables(lfs.settings(Git(clone))))
    git.run("clone", "--quiet", "--shared", "--no-checkout", str(mirror), ".")
    git.run("checkout", "--quiet", "--force", "--detach", "HEAD")
    assert (place / "a.bin").read_text() == "12345"
    assert lfs.missing(place, "0123456789") == []
    shutil.rmtree(clone / ".git/lfs/objects")
    shutil.rmtree(place / ".git/lfs", ignore_errors=True)
    (place / "a.bin").unlink()
    git.run("checkout", "--quiet", "--force", "--detach", "HEAD")
    assert len(lfs.missing(place, "0123456789")) == 1
