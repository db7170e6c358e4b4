"""Which commit a name means, with real repositories; the user's is never written to."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.gate.model import Side
from hotloop.gate.source import project, revisions, tree
from hotloop.gate.source.git import hash_of
from hotloop.gate.source.revisions import Source
from hotloop.gate.suites.asv import check_out
from tests import tiny_project
from tests.tiny_project import git, source_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny_project.make(tmp_path / "tiny")
    return tmp_path / "tiny"


def files_of(source: Source, commit: str) -> list[str]:
    return source.mirror.run("ls-tree", "-r", "--name-only", commit).splitlines()


def test_every_way_to_name_a_commit(folder: Path) -> None:
    first = git(folder, "rev-parse", "HEAD~1")
    git(folder, "tag", "first", first)
    git(folder, "tag", "--annotate", "--message=x", "annotated", first)
    git(folder, "branch", "other", first)
    source = source_of(folder)
    for name in ("HEAD~1", "main~1", "first", "annotated", "other", first, first[:8]):
        found = source.resolve(name)
        assert (found.commit, found.name, found.subject) == (first, name, "answer 1")


@pytest.mark.parametrize(
    ("message", "encoding"),
    [
        ("\n \n  one \t\r\n two\x0c\n \t\nthree\n", ""),
        ("", ""),
        ("first\n\nparent 1\n\nencoding x", ""),
        ("\xfc\n", ""),
        ("\xfc\n", "ISO-8859-1"),
    ],
)
def test_the_subject_of_a_commit_is_what_git_log_shows(
    message: str, encoding: str, folder: Path
) -> None:
    header = f"encoding {encoding}\n" if encoding else ""
    raw = f"tree {git(folder, 'rev-parse', 'HEAD^{tree}')}\nauthor x <x> 1 +0000\n"
    raw += f"committer x <x> 1 +0000\n{header}\n{message}"
    (folder / "raw").write_bytes(raw.encode(encoding or "utf-8"))
    commit = git(folder, "hash-object", "-t", "commit", "-w", "raw")
    source = source_of(folder)
    said = source.mirror.run("log", "-1", "--format=%s", commit)
    assert source.resolve(commit).subject == said
    assert ("\xfc" in said) == ("\xfc" in message)


def test_a_clean_working_tree_is_head_itself(folder: Path) -> None:
    tiny_project.git(folder, "commit", "--quiet", "--allow-empty", "-m", "configured")
    found = source_of(folder).resolve(".")
    assert (found.commit, found.name) == (git(folder, "rev-parse", "HEAD"), ".")


def test_the_working_tree_is_taken_as_it_is(folder: Path) -> None:
    tiny_project.commit(folder, "more", {"gone.txt": "x", "staged.txt": "old", "forced.log": "old"})
    git(folder, "add", "--force", "forced.log")
    git(folder, "commit", "--quiet", "-m", "a file that is ignored, and tracked")
    (folder / "gone.txt").unlink()
    tiny_project.write(
        folder,
        {
            "staged.txt": "new",
            "untracked.txt": "x",
            "ignored.log": "x",
            "excluded.txt": "x",
            "forced.log": "new",
            ".asv/results/x.json": "x",
            **tiny_project.answering(3),
        },
    )
    git(folder, "add", "staged.txt")
    tiny_project.write(folder / ".git", {"info/exclude": "excluded.txt\n"})
    source = source_of(folder)
    found = source.resolve(".")
    names = files_of(source, found.commit)
    assert {"untracked.txt", "staged.txt", "forced.log"} <= set(names)
    assert not {"gone.txt", "ignored.log", "excluded.txt", ".asv/results/x.json"} & set(names)
    for name, content in (("tiny/__init__.py", "return 3"), ("forced.log", "new")):
        assert content in source.mirror.run("show", f"{found.commit}:{name}")
    head = git(folder, "rev-parse", "HEAD")
    assert source.mirror.run("rev-parse", f"{found.commit}~1") == head
    assert found.subject == f"uncommitted changes on {head[:8]}"


def test_an_unchanged_tree_gives_the_same_commit_and_a_changed_one_another(folder: Path) -> None:
    tiny_project.write(folder, tiny_project.answering(3))
    source = source_of(folder)
    first = source.resolve(".").commit
    assert source.resolve(".").commit == first
    tiny_project.write(folder, tiny_project.answering(4))
    assert source.resolve(".").commit != first


def test_asvs_own_folders_are_no_part_of_the_tree_where_nothing_ignores_them(folder: Path) -> None:
    (folder / ".gitignore").unlink()
    source = source_of(folder, env_dir="an env", results_dir="out[1]")
    tiny_project.write(folder, {"an env/x": "x", "out[1]/x": "x", "out1/x": "x"})
    names = files_of(source, source.resolve(".").commit)
    assert "out1/x" in names
    assert not [name for name in names if name.startswith(("an env", "out["))]


def test_the_gates_folder_does_not_show_in_git_status(folder: Path) -> None:
    (folder / ".gitignore").unlink()
    git(folder, "commit", "--quiet", "--all", "-m", "nothing is ignored")
    source_of(folder, env_dir="env").resolve(".")
    assert "env/" not in git(folder, "status", "--porcelain")


def test_a_repository_inside_the_tree_is_left_out(folder: Path) -> None:
    tiny_project.make(folder / "nested")
    source = source_of(folder)
    assert not [n for n in files_of(source, source.resolve(".").commit) if "nested" in n]


def test_files_that_a_sparse_checkout_leaves_out_are_not_deleted(folder: Path) -> None:
    # The copies of a template are other files to git until it has looked at them.
    git(folder, "status")
    git(folder, "sparse-checkout", "set", "benchmarks")
    assert not (folder / "tiny").exists()
    tiny_project.write(folder, {"untracked.txt": "x"})
    source = source_of(folder)
    assert {"tiny/__init__.py", "untracked.txt"} <= set(
        files_of(source, source.resolve(".").commit)
    )


def test_a_conflict_is_taken_as_the_files_lie_there(folder: Path) -> None:
    git(folder, "checkout", "--quiet", "-b", "side", "HEAD~1")
    tiny_project.commit(folder, "answer 5", tiny_project.answering(5))
    with pytest.raises(Exception, match="merge"):
        git(folder, "merge", "main")
    source = source_of(folder)
    found = source.resolve(".").commit
    assert "<<<<<<<" in source.mirror.run("show", f"{found}:tiny/__init__.py")


def test_the_users_repository_is_untouched_to_the_byte(folder: Path) -> None:
    tiny_project.write(folder, {"stashed.txt": "x"})
    git(folder, "stash", "--include-untracked")
    tiny_project.write(folder, {"staged.txt": "x", "untracked.txt": "x"})
    git(folder, "add", "staged.txt")
    found = project.load(tiny_project.configure(folder))
    git(folder, "status")
    before = tiny_project.state(folder)
    source = revisions.open_source(found)
    base, head = source.resolve("HEAD~1"), source.resolve(".")
    source.keep(source.merge_base(base, head), head)
    assert check_out(found, source, head, Side.HEAD)
    assert tiny_project.state(folder) == before


def test_inside_a_git_hook_the_projects_own_repository_is_used(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    source = source_of(folder)
    assert source.resolve("main").subject == "answer 2"
    assert source.resolve(".").name == "."


def test_a_linked_work_tree_is_a_checkout_too(folder: Path) -> None:
    other = folder.parent / "linked"
    git(folder, "worktree", "add", "--quiet", str(other), "HEAD~1")
    tiny_project.write(other, tiny_project.answering(9))
    source = source_of(other)
    assert source.resolve("main").subject == "answer 2"
    found = source.resolve(".").commit
    assert "return 9" in source.mirror.run("show", f"{found}:tiny/__init__.py")


def test_a_clone_of_the_configured_url_stands_for_it(folder: Path) -> None:
    git(folder, "remote", "add", "up", "git@example.org:a/tiny.git")
    source = source_of(folder, repo="https://example.org/a/tiny")
    assert source.resolve("HEAD").subject == "answer 2"
    assert source.resolve(".").name == "."


def test_a_url_is_fetched_and_has_no_working_tree(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "suite-only"
    elsewhere.mkdir()
    source = source_of(elsewhere, repo=f"file://{folder}")
    assert source.resolve("HEAD").commit == git(folder, "rev-parse", "main")
    assert source.resolve("main~1").subject == "answer 1"
    with pytest.raises(UsageError, match="there is none here"):
        source.resolve(".")


def test_a_url_that_nobody_answers_is_a_failed_measurement(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match="git fetch"):
        source_of(tmp_path, repo=f"file://{tmp_path}/nosuch.git")


def test_an_unknown_revision_is_named(folder: Path) -> None:
    source = source_of(folder)
    for name in ("nosuch", "HEAD~9", "HEAD..main", "HEAD:tiny", "HEAD\nmain", "HEAD@{99}"):
        with pytest.raises(UsageError, match=re.escape(f"unknown revision {name}")):
            source.resolve(name)


def test_what_cannot_be_a_revision_is_no_option_of_gits(folder: Path) -> None:
    source = source_of(folder)
    for name in ("", " ", "--all"):
        with pytest.raises(UsageError, match="is no revision"):
            source.resolve(name)


def test_a_branch_of_a_remote_is_suggested(folder: Path, tmp_path: Path) -> None:
    git(folder, "branch", "feature")
    git(tmp_path, "clone", "--quiet", str(folder), "clone")
    with pytest.raises(UsageError, match="did you mean origin/feature"):
        source_of(tmp_path / "clone").resolve("feature")


def test_the_merge_base_is_where_head_left_base(folder: Path) -> None:
    git(folder, "checkout", "--quiet", "-b", "side", "HEAD~1")
    tiny_project.commit(folder, "answer 5", tiny_project.answering(5))
    tiny_project.write(folder, {"untracked.txt": "x"})
    source = source_of(folder)
    found = source.merge_base(source.resolve("main"), source.resolve("."))
    assert (found.subject, found.name) == ("answer 1", "merge base of main and .")


def test_histories_without_a_common_commit_have_no_merge_base(folder: Path) -> None:
    git(folder, "checkout", "--quiet", "--orphan", "alone")
    git(folder, "commit", "--quiet", "-m", "alone")
    source = source_of(folder)
    with pytest.raises(MeasurementError, match=r"no common ancestor$"):
        source.merge_base(source.resolve("main"), source.resolve("alone"))


def test_a_folder_without_a_repository_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no git repository that can be used"):
        source_of(tmp_path)


def test_without_git_the_advice_is_to_install_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = project.load(tiny_project.configure(folder))
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(MeasurementError, match="git was not found"):
        revisions.open_source(found)


def test_hooks_of_the_users_do_not_run_in_the_gates_own_repositories(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("post-checkout", "reference-transaction", "pre-auto-gc"):
        hook = tmp_path / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\necho {name} >> {tmp_path}/ran\nexit 1\n")
        hook.chmod(0o755)
    settings = f"[core]\nhooksPath = {tmp_path}/hooks\n[user]\nname = x\nemail = x@x\n"
    (tmp_path / "gitconfig").write_text(settings)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    tiny_project.write(folder, {"untracked.txt": "x"})
    source = source_of(folder)
    head = source.resolve(".")
    source.keep(head, head)
    clone = [str(source.mirror.folder), str(tmp_path / "checkout")]
    # As asv does for a build.
    variables = os.environ | source.settings(head)
    subprocess.run(["git", "clone", "--quiet", *clone], env=variables, check=True)
    assert not (tmp_path / "ran").exists()


def test_of_a_repository_that_is_anothers_it_is_said_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # git's own tests have this variable; as in a container with the checkout of its host.
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    call = f"call git config --global --add safe.directory {folder}"
    with pytest.raises(UsageError, match="dubious ownership") as raised:
        tree.load(folder)
    assert call in str(raised.value)


def test_a_repository_of_sha_256_objects_has_a_mirror_of_these(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tiny"
    tiny_project.make(folder)
    # The mirror that another repository had at this place is no use.
    source_of(folder)
    shutil.rmtree(folder / ".git")
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    git(folder, "init", "--quiet", "--initial-branch=main")
    monkeypatch.delenv("GIT_DEFAULT_HASH")
    tiny_project.commit(folder, "answer 3", tiny_project.answering(3))
    source = source_of(folder)
    head = source.resolve("main")
    assert head.subject == "answer 3"
    core = (folder / "tiny/__init__.py").read_bytes()
    assert hash_of(core, head.commit) == git(folder, "rev-parse", "main:tiny/__init__.py").strip()
