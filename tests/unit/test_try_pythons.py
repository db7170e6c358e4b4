"""Other interpreters that ``hotloop try`` finds, or is given."""

import sys
import sysconfig
from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from hotloop.techniques.pythons import Interpreter, interpreters


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only one on the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(folder: Path, name: str, does: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    return str(path)


def test_those_that_run_are_found_once_and_not_the_one_that_runs_us(folder: Path) -> None:
    pypy = program(folder, "pypy3", "echo PyPy 7.3")
    program(folder, "python3.13", "exit 127")
    program(folder, "python3.14", f'exec {sys.executable} "$@"')
    free = program(folder, "python3.14t", "echo Python 3.14t")
    program(folder, "python3.15", "echo Python 3.14t")
    found = interpreters(None)
    assert found == [Interpreter(pypy, "PyPy 7.3"), Interpreter(free, "Python 3.14t")]


def test_a_free_threaded_one_that_runs_us_is_not_found_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(folder, "python3.14t", "echo Python 3.14t")
    monkeypatch.setattr(sysconfig, "get_config_var", lambda _name: 1)
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    assert interpreters(None) == []


def test_a_named_one_is_taken_whatever_it_is_unless_it_does_not_run(folder: Path) -> None:
    own = program(folder, "own", f'exec {sys.executable} "$@"')
    (found,) = interpreters([own])
    assert found.program == own
    assert f" {sys.version_info[0]}.{sys.version_info[1]}" in found.label
    broken = program(folder, "broken", "exit 1")
    with pytest.raises(UsageError, match=f"^--python {broken}: it is not a Python that runs$"):
        interpreters([broken])
