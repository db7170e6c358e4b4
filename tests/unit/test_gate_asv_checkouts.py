"""asv's checkout of a commit, as the gate lets it work, has the submodules that there are."""

from pathlib import Path

import pytest
from asv.config import Config

from hotloop.gate.build.installing import _repository
from hotloop.gate.source import project, revisions
from tests import tiny_project
from tests.tiny_project import git

LOCAL = ("-c", "protocol.file.allow=always")


def clone_with_a_submodule(folder: Path) -> Path:
    """A partial clone of three commits: without the package, then with it as a submodule, twice."""
    origin, library = folder / "origin", folder / "library"
    for each in (origin, library):
        each.mkdir()
        git(each, "init", "--quiet", "--initial-branch=main")
    tiny_project.commit(library, "answers 1", {"__init__.py": "1"})
    rest = {"pyproject.toml": tiny_project.PYPROJECT, ".gitignore": ".asv\n"}
    tiny_project.configure(origin)
    tiny_project.commit(origin, "no package yet", rest | tiny_project.SUITE)
    git(origin, *LOCAL, "submodule", "add", "../library", "tiny")
    tiny_project.commit(origin, "takes the library", {})
    tiny_project.commit(library, "answers 2", {"__init__.py": "2"})
    git(origin, *LOCAL, "submodule", "update", "--remote")
    tiny_project.commit(origin, "takes the next one", {})
    for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        git(origin, "config", setting, "true")
    clone = folder / "elsewhere" / "clone"
    git(folder, "clone", "--quiet", "--filter=blob:none", f"file://{origin}", str(clone))
    return clone


def test_submodules_of_a_partial_clone_are_as_each_commit_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # asv clones submodules as git does for anyone: not from a folder, unless that is allowed.
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    clone = clone_with_a_submodule(tmp_path)
    source = revisions.open_source(project.load(clone / "asv.conf.json"))
    conf = Config()
    conf.project, conf.repo, conf.dvcs = "tiny", str(source.mirror.folder), "git"
    place = tmp_path / "project"
    for name, answer in (("HEAD~2", None), ("HEAD~1", "1"), ("HEAD", "2"), ("HEAD~2", None)):
        revision = source.resolve(name)
        source.keep(revision, revision)
        with monkeypatch.context() as patch:
            for variable, value in source.settings(revision).items():
                patch.setenv(variable, value)
            _repository(conf).checkout(str(place), revision.commit)
        file = place / "tiny" / "__init__.py"
        assert (file.read_text(encoding="utf-8") if file.is_file() else None) == answer
        assert git(place, "rev-parse", "HEAD") == revision.commit
