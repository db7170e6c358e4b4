"""Every trap for real: both sides computed and compared, and what tells you tells it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from hotloop.compare.contenders import Source
from hotloop.compare.extension import compiled, report_of
from hotloop.compute.traps import command
from hotloop.compute.traps.check import Checker, told_by_cython
from implementations.traps import catalogue
from implementations.traps.workload import prepare
from tests import commands

FEW = ["global_name", "untyped_array", "--budget", "0.02", "--quiet"]

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("compilers", "timing_workers")]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's, in which the commands find what has been compiled."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(autouse=True)
def quick_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CFLAGS", "-O0 -g0")


# What tells of them is told of another too, and each takes two compilers a second.
MORE = (
    "checked_index",
    "compiled_again",
    "exception_in_nogil",
    "false_sharing",
    "half_power",
    "static_schedule",
    "strided_view",
)
again = pytest.mark.thorough("test_its_sides_agree_and_something_tells_them_apart")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=again if n in MORE else ()) for n in catalogue.traps()]
)
def test_its_sides_agree_and_something_tells_them_apart(
    name: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    trap = catalogue.get(name)
    pytest.importorskip("Cython" if trap.is_compiled else "numpy")
    if "numba" in trap.path.read_text():
        pytest.importorskip("numba")
    extension = compiled(Source(path=trap.path)).extension
    checker = Checker()
    answers = {
        side: prepare({"trap": name, "file": str(extension or trap.path), "side": side}).call()
        for side in catalogue.SIDES
    }
    assert checker.judge(answers) == {}
    told = checker.told_of_both()
    if told is None:
        assert extension is not None
        told = told_by_cython(trap, extension)
    assert told is not None
    if name in ("false_sharing", "strided_view"):
        assert {told.looks_right, told.is_right} in ({8, 128}, {8192, 8})
    else:
        assert told.looks_right > told.is_right >= 0


def test_a_report_that_is_not_there_tells_nothing(tmp_path: Path) -> None:
    assert report_of(tmp_path / "untyped_array.so") is None
    assert told_by_cython(catalogue.get("untyped_array"), tmp_path / "untyped_array.so") is None


def traps(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """In this process, with one set of processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "SETS", 1)
        environment = {**os.environ, **commands.ENVIRONMENT, **variables}
        return commands.here(folder, "compute", "--traps", *words, environment=environment)


def test_the_command_times_what_is_named(cache: Path, tmp_path: Path) -> None:
    pytest.importorskip("Cython")
    stored = tmp_path / "traps.json"
    done = traps(tmp_path, *FEW, "--json", str(stored), XDG_CACHE_HOME=str(cache))
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(stored.read_text())
    assert result["schema"] == "hotloop.traps/1"
    assert [trap["name"] for trap in result["traps"]] == ["global_name", "untyped_array"]
    for trap in result["traps"]:
        assert trap["status"] == "ok"
        assert trap["factor"]["value"] > 0
    assert result["traps"][1]["told"]["looks_right"] == 1
    assert "global_name: a global in a hot loop." in done.stdout.lower()


def test_a_trap_that_cannot_be_compiled_is_unavailable_and_the_others_are_timed(
    tmp_path: Path,
) -> None:
    pytest.importorskip("Cython")
    no_folder = tmp_path / "file"
    no_folder.touch()
    done = traps(tmp_path, *FEW, XDG_CACHE_HOME=str(no_folder))
    assert (done.returncode, done.stderr) == (4, "")
    said = " ".join(done.stdout.split())
    assert "untyped_array unavailable: untyped_array.pyx cannot be compiled into" in said
    assert "set XDG_CACHE_HOME to a folder that can be written" in said
    assert "lines in loops" not in said


def test_an_unknown_trap_ends_with_one_sentence(tmp_path: Path) -> None:
    done = traps(tmp_path, "fastmath")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "no trap is called 'fastmath': did you mean fast_math?" in done.stderr


def test_without_a_home_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("Cython")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", _no_home)
    with pytest.raises(UsageError, match="set HOME or XDG_CACHE_HOME"):
        compiled(Source(path=catalogue.get("untyped_array").path))


def _no_home() -> Path:
    raise RuntimeError("Could not determine home directory.")
