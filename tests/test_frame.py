"""The project's frame: pins, change log, make's help, and the scripts' refusals."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import hotloop

ROOT = Path(__file__).parents[1]
USAGE, MISSING = 2, 4


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_everything_that_is_installed_by_name_is_pinned() -> None:
    project = tomllib.loads(text("pyproject.toml"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(name for extra in project["project"]["optional-dependencies"].values() for name in extra),
    ]
    pinned = {canonicalize_name(line.split("==")[0]) for line in text("constraints.txt").split()}
    names = {canonicalize_name(Requirement(line).name) for line in wanted}
    assert names - pinned == {"hotloop"}


def test_the_change_log_speaks_of_this_version() -> None:
    newest = re.search(r"^## \[(.+?)\].*\n\n(.*)$", text("CHANGELOG.md"), re.MULTILINE)
    assert newest is not None
    heading, sentence = newest.groups()
    if heading == "Unreleased":
        assert sentence == f"This will be released as {hotloop.__version__}."
    else:
        assert heading == hotloop.__version__


def test_make_help_lists_every_target() -> None:
    (targets,) = re.findall(r"^\.PHONY: (.*)$", text("Makefile"), re.MULTILINE)
    done = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {line.split()[0] for line in done.stdout.splitlines()} == set(targets.split())


def test_a_first_table_waits_for_nothing_that_only_kafka_needs() -> None:
    done = subprocess.run(
        ["make", "--dry-run", "VENV=nowhere", "bench"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stdout.splitlines() if not line.startswith(("touch ", "mkdir "))]
    assert [" ".join(line.split()[:2]) for line in lines] == [
        "scripts/setup compute",
        "scripts/build",
        "nowhere/bin/python -m",
        f"scripts/setup {extras('STREAM_EXTRAS')}",
        "nowhere/bin/python -m",
        "nowhere/bin/python -m",
    ]
    assert "hotloop compute" in lines[2]
    assert "hotloop report" in lines[5]


def extras(name: str) -> str:
    """The extras that the Makefile lists under that name."""
    (listed,) = re.findall(rf"^{name} := (.*)$", text("Makefile"), re.MULTILINE)
    assert isinstance(listed, str)
    return listed


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A copy of the scripts, and a search path without Python, compiler and git."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "bin").mkdir()
    for tool in ("dirname", "sh"):
        found = shutil.which(tool)
        assert found
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def refusal(folder: Path, command: str, argument: str, code: int, **environment: str) -> str:
    """The one sentence on stderr with which a script ends."""
    done = subprocess.run(
        [folder / "scripts" / command, argument],
        env={"PATH": str(folder / "bin")} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("hotloop: ")
    assert done.stderr.count("\n") == 1
    assert not (folder / ".venv").exists()
    return done.stderr


def test_set_up_without_a_python_says_which_to_install(scripts: Path) -> None:
    assert "install Python 3.11 or newer" in refusal(scripts, "setup", "numba", MISSING)


def test_set_up_names_a_python_that_does_not_run(scripts: Path) -> None:
    assert "nosuch does not run" in refusal(scripts, "setup", "numba", MISSING, PYTHON="nosuch")


def test_set_up_without_a_compiler_says_which_to_install(scripts: Path) -> None:
    sentence = refusal(scripts, "setup", "numba", MISSING, PYTHON=sys.executable)
    assert "install gcc or clang" in sentence


def test_a_history_without_git_says_so(scripts: Path) -> None:
    assert "install git" in refusal(scripts, "history", "5", MISSING)


@pytest.mark.parametrize("commits", ["0", "-1", "five", ""])
def test_a_history_of_no_commits_is_refused(scripts: Path, commits: str) -> None:
    assert f"not '{commits}'" in refusal(scripts, "history", commits, USAGE)


def test_a_history_outside_a_checkout_is_refused(scripts: Path) -> None:
    path = os.environ["PATH"]
    assert "not a git checkout" in refusal(scripts, "history", "5", MISSING, PATH=path)
