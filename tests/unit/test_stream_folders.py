"""Where hotloop's files go, also for a user who has neither a name nor a home."""

import os
import pwd
from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from hotloop.cli import main
from implementations.others import compiled
from implementations.registry import Unavailable
from stream.kafka.folders import cache_folder, state_folder


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user id that the system has no entry for, as in many containers."""

    def unknown(_: object) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("HOME", "HOTLOOP_CACHE", "HOTLOOP_STATE", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("nobody")
def test_without_a_home_the_variable_to_set_is_named() -> None:
    with pytest.raises(UsageError, match="set HOME, or HOTLOOP_CACHE alone"):
        cache_folder({})
    with pytest.raises(UsageError, match="set HOME, or HOTLOOP_STATE alone"):
        state_folder({"HOTLOOP_STATE": "~nobody-of-that-name/state"})
    assert state_folder({"HOTLOOP_STATE": "/s"}) == Path("/s")
    with pytest.raises(Unavailable, match="set HOME, or HOTLOOP_CACHE alone"):
        compiled._cache_folder()


@pytest.mark.usefixtures("nobody")
def test_a_command_without_a_home_ends_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["broker", "status"]) == UsageError.exit_code
    said = capsys.readouterr().err
    assert said.startswith("hotloop: there is no home folder")
    assert said.count("\n") == 1


def test_a_folder_that_is_gone_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert main(["gate", "main"]) == 4
    assert capsys.readouterr().err == (
        "hotloop: the current folder is gone: change to one that exists\n"
    )
    with pytest.raises(UsageError, match="HOTLOOP_STATE is relative"):
        state_folder({"HOTLOOP_STATE": "state"})
    os.chdir(tmp_path)
