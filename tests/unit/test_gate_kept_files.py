"""Files that bear the project's name, where both sides find them."""

import os
import uuid
from pathlib import Path

import pytest

from hotloop.gate.model import Contender, Origin, Revision, Side
from hotloop.gate.pairs import kept_files, leftovers
from hotloop.gate.pairs.kept_files import KeptFiles
from hotloop.gate.pairs.leftovers import with_own_temporary_folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The places of kept files are below it, and others' files in it are as old as can be."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(kept_files, "SHARED", (str(tmp_path / "tmp"),))
    return tmp_path


def contender(
    checkouts: tuple[str, ...] = (),
    variables: tuple[tuple[str, str], ...] = (),
    name: str = "big_tables",
) -> Contender:
    origin = Origin(names=(name,), checkouts=checkouts)
    commit = Revision("0" * 40, "x", "y")
    return Contender(Side.BASE, commit, "here", Path("p"), Path(), variables, origin=origin)


@pytest.mark.parametrize(
    "place",
    [
        ".cache/big_tables/v1/table.json",
        ".cache/Big-Tables/x",
        ".local/share/big-tables.db",
        ".big_tables",
        "tmp/big_tables-user.lock",
    ],
)
def test_what_is_written_or_read_under_the_projects_name_is_told(home: Path, place: str) -> None:
    file = home / place
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = KeptFiles([contender()])
    file.write_text("x")
    assert str(file) in fresh.remarks[0]
    os.utime(file, (1e9, 1e9))
    later = KeptFiles([contender()])
    assert not later.remarks
    file.read_text()
    assert str(file) in later.remarks[0]


@pytest.mark.parametrize("folder", ["/tmp", "/var/tmp", "/dev/shm"])
def test_folders_for_everybodys_temporary_files_are_such_places(folder: str) -> None:
    if not os.access(folder, os.W_OK):
        pytest.skip(f"nobody can write to {folder} here")
    name = f"tables_{uuid.uuid4().hex}"
    file = Path(folder, f"{name}.pkl")
    watched = KeptFiles([contender(name=name)])
    try:
        file.write_text("x")
        (said,) = watched.remarks
    finally:
        file.unlink()
    assert str(file) in said


@pytest.mark.parametrize(
    "place", [".cache/other/table", ".cache/bigger", "big_tables/it.py", "tmp/big_tables/it.py"]
)
def test_other_files_and_the_checkout_itself_are_not(home: Path, place: str) -> None:
    watched = KeptFiles([contender(checkouts=(str(home / "tmp/big_tables"),))])
    (home / place).parent.mkdir(parents=True, exist_ok=True)
    (home / place).write_text("x")
    assert watched.remarks == ()


def test_a_side_has_its_own_temporary_folder_unless_its_environment_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "LONGEST_FOLDER_BYTES", len(str(tmp_path / "base")))
    own = dict(with_own_temporary_folder(contender(), tmp_path).variables)
    assert own == {"TMPDIR": str(tmp_path / "base")}
    assert Path(own["TMPDIR"]).is_dir()
    assert dict(with_own_temporary_folder(contender(), tmp_path / "deep").variables) == {}
    named = contender(variables=(("TMPDIR", "/elsewhere"),))
    assert with_own_temporary_folder(named, tmp_path) == named
