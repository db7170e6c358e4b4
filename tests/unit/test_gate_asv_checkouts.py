"""asv's checkout of a commit, as the gate lets it work: its submodules, and its processes."""

import os
import subprocess
import sys
from pathlib import Path

import asv.util
import pytest
from asv.config import Config

from hotloop.gate.build.builder import InGroup, _absence_of_asv
from hotloop.gate.build.installing import _repository
from hotloop.gate.source import project, revisions
from tests import tiny_project
from tests.tiny_project import MODULE, answering, git


def test_submodules_of_a_partial_clone_are_as_each_commit_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # asv clones submodules as git does for anyone: not from a folder, unless that is allowed.
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    clone = tiny_project.clone_with_a_submodule(tmp_path)
    source = revisions.open_source(project.load(clone / "asv.conf.json"))
    conf = Config()
    conf.project, conf.repo, conf.dvcs = "tiny", str(source.mirror.folder), "git"
    place = tmp_path / "project"
    for name, answer in (("HEAD~2", None), ("HEAD~1", 1), ("HEAD", 2), ("HEAD~2", None)):
        revision = source.resolve(name)
        source.keep(revision, revision)
        with monkeypatch.context() as patch:
            for variable, value in source.settings(revision).items():
                patch.setenv(variable, value)
            _repository(conf).checkout(str(place), revision.commit)
        file = place / MODULE
        found = file.read_text(encoding="utf-8") if file.is_file() else None
        assert found == (None if answer is None else answering(answer)[MODULE])
        assert git(place, "rev-parse", "HEAD") == revision.commit


def test_what_asv_starts_is_a_group_of_its_own_and_runs_no_code_of_ours_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asv.util, "subprocess", subprocess)
    assert _absence_of_asv() is None
    command = [sys.executable, "-I", "-S", "-c", "input()"]
    for group in (True, False):
        if group:
            started = asv.util.check_output(command, return_popen=True)
        else:
            started = asv.util.subprocess.Popen(command, stdin=subprocess.DEVNULL)
        with started:
            assert isinstance(started, InGroup)
            assert (os.getpgid(started.pid) == started.pid) == group
            started.kill()
    with InGroup(["true"], preexec_fn=lambda: pytest.fail("called")) as started:
        assert started.wait() == 0
