"""The gate's folder and its copy of the repository: what is of no use any more is created again."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.base.files import remove
from hotloop.gate.build.builds import clear, locked
from hotloop.gate.model import Request
from hotloop.gate.prepare_asv import lay_out, prepare
from hotloop.gate.source import project
from hotloop.gate.source.git import Git
from tests import tiny_project
from tests.tiny_project import git, source_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny_project.make(tmp_path / "tiny")
    return tmp_path / "tiny"


def test_a_damaged_mirror_is_made_anew(folder: Path) -> None:
    source = source_of(folder)
    (source.mirror.folder / "HEAD").unlink()
    assert source_of(folder).resolve("main").subject == "answer 2"


def rewritten_and_pruned(folder: Path) -> None:
    git(folder, "commit", "--quiet", "--amend", "--message=reworded")
    git(folder, "reflog", "expire", "--expire=now", "--all")
    git(folder, "gc", "--quiet", "--prune=now")


def made_anew_at_the_same_path(folder: Path) -> None:
    shutil.rmtree(folder / ".git")
    git(folder, "init", "--quiet", "--initial-branch=main")
    tiny_project.commit(folder, "first", {})
    tiny_project.commit(folder, "reworded", {})


def left_locked(folder: Path) -> None:
    mirror = folder / ".asv/env/gate/mirror.git"
    (mirror / "refs/heads/hotloop-gate-head.lock").touch()
    (mirror / "packed-refs.lock").touch()
    git(folder, "commit", "--quiet", "--amend", "--message=reworded")


def left_with_half_an_object(folder: Path) -> None:
    """What a full disk or a power cut leaves of the working tree's snapshot."""
    tiny_project.write(folder, tiny_project.answering(3))
    lay_out(project.load(folder / "asv.conf.json"), Request("HEAD", "."))
    for object_ in (folder / ".asv/env/gate/mirror.git/objects").glob("??/*"):
        object_.unlink()
        object_.touch()
    git(folder, "commit", "--quiet", "--all", "--message=reworded")


@pytest.mark.parametrize(
    "spoil",
    [
        rewritten_and_pruned,
        pytest.param(
            made_anew_at_the_same_path,
            marks=pytest.mark.thorough("test_a_mirror_that_is_of_no_use_any_more_is_made_anew"),
        ),
        left_locked,
        left_with_half_an_object,
    ],
)
def test_a_mirror_that_is_of_no_use_any_more_is_made_anew(
    spoil: Callable[[Path], None], folder: Path
) -> None:
    found = project.load(tiny_project.configure(folder))
    request = Request("main~1", ".")
    lay_out(found, request)
    spoil(folder)
    _, base, head, suite = lay_out(found, request)
    assert head.commit == git(folder, "rev-parse", "HEAD"), "nothing is changed since"
    assert (base.commit, head.subject) == (git(folder, "rev-parse", "HEAD~1"), "reworded")
    assert suite is not None
    assert (suite / "speed.py").is_file()


def test_where_the_repository_itself_is_broken_the_message_says_what_to_look_at(
    folder: Path,
) -> None:
    found = project.load(tiny_project.configure(folder))
    tree = git(folder, "rev-parse", "HEAD^{tree}")
    (folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(
        MeasurementError, match=r"see what `git fsck` says of \., and delete .*gate"
    ):
        lay_out(found, Request("main~1", "main"))


def test_a_mirror_is_kept_where_its_remote_does_not_answer(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    config = tiny_project.configure(tmp_path, repo=folder.as_uri(), env_dir=str(elsewhere))
    found = project.load(config)
    request = Request("main~1", "main")
    lay_out(found, request)
    folder.rename(tmp_path / "away")
    with pytest.raises(MeasurementError, match="does not appear to be a git repository"):
        lay_out(found, request)
    assert (found.gate_folder / "mirror.git/HEAD").is_file()
    (tmp_path / "away").rename(folder)
    lay_out(found, request)


def test_what_is_a_file_for_a_folder_or_the_reverse_is_made_anew(folder: Path) -> None:
    found = project.load(tiny_project.configure(folder))
    request = Request("main~1", ".")
    lay_out(found, request)
    # At once, those that have nothing to do with each other.
    for names in (
        ("suite-of-head", "lock", "mirror.git/snapshot.index"),
        ("suite-of-head.commit", "mirror.git"),
    ):
        for name in names:
            place = found.gate_folder / name
            was_file = place.is_file() or name == "lock"
            remove(place)
            if was_file:
                tiny_project.write(place, {"within": "x"})
            else:
                place.write_bytes(b"\xff")
        with locked(found):
            lay_out(found, request)
        assert all((found.gate_folder / name).is_dir() for name in ("suite-of-head", "mirror.git"))


def test_a_file_where_asv_needs_a_folder_is_removed_and_nothing_else(tmp_path: Path) -> None:
    tiny_project.write(
        tmp_path, {"a": "", "b/env": "", "b/other/project": "", "b/third/project/x": "", "lock": ""}
    )
    clear(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert left == {"b", "b/other", "b/third", "b/third/project", "b/third/project/x", "lock"}


def test_a_file_where_the_gates_folder_has_to_be_is_named(folder: Path) -> None:
    found = project.load(tiny_project.configure(folder))
    found.gate_folder.parent.mkdir(parents=True)
    found.gate_folder.touch()
    with (
        pytest.raises(MeasurementError, match=r"gate is in the way; delete it"),
        prepare(found, Request("main~1", "main"), print),
    ):
        pass


def test_the_mirror_has_the_users_tags_and_forgets_deleted_ones(folder: Path) -> None:
    git(folder, "tag", "v1")
    assert source_of(folder).mirror.run("tag") == "v1"
    git(folder, "tag", "--delete", "v1")
    assert source_of(folder).mirror.run("tag") == ""


def test_the_mirror_has_the_users_branches_as_they_are_now(folder: Path) -> None:
    for name in ("stays", "moves", "goes"):
        git(folder, "branch", name, "main~1")
    source_of(folder)
    git(folder, "branch", "--delete", "--force", "goes")
    git(folder, "branch", "--force", "moves", "main")
    git(folder, "branch", "comes", "main")
    expected = {"stays": "answer 1", "moves": "answer 2", "comes": "answer 2", "main": "answer 2"}
    mirror = source_of(folder).mirror
    assert branches(mirror) == expected
    # Which could not be while there is one called "stays".
    git(folder, "branch", "--delete", "--force", "stays")
    git(folder, "branch", "stays/here", "main~1")
    del expected["stays"]
    assert branches(source_of(folder).mirror) == expected | {"stays/here": "answer 1"}


def branches(mirror: Git) -> dict[str, str]:
    """Those of the mirror, with what their commits say."""
    told = mirror.run("for-each-ref", "--format=%(refname:lstrip=2) %(subject)", "refs/heads")
    return {
        name: subject for name, _, subject in (each.partition(" ") for each in told.split("\n"))
    }
