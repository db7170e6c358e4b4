"""Environments for tests: asv's, made once a session and copied to its gates, and bare ones."""

import atexit
import fcntl
import functools
import importlib.util
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import pytest

from hotloop.gate.build.builds import SLOTS
from hotloop.gate.source import project
from tests import tiny_project

# Links to one pip and one setuptools, with byte code, in place of copies that each compile theirs.
LINKED = {"VIRTUALENV_SYMLINK_APP_DATA": "1"}
READY = "asv-env-info.json"
# What runs a suite, and what measures objects for it.
RUNNERS = ("asv_runner", "pympler")
# As ``asv setup``, with one pip for all that it installs in place of one for each: a second each.
# No pip for what its arguments name, which is lent.
SETUP = """
import re
import sys

from asv.main import main
from asv.plugins.virtualenv import Virtualenv

one_by_one = Virtualenv._install_requirements


def at_once(environment):
    wanted = []
    environment._run_pip = lambda words, **_: wanted.extend(words[1:])
    one_by_one(environment)
    del environment._run_pip
    rest = [word for word in wanted if re.split("[^a-z_]", word)[0] not in ("", *lent)]
    if rest:
        environment._run_pip(["install", *rest])


Virtualenv._install_requirements = at_once
sys.argv, lent = ["asv", "setup"], sys.argv[1:]
main()
"""
# What asv installs and virtualenv has put there, or what no setuptools of today needs.
THERE = ("pip", "setuptools", "wheel")
# What else it installs, with what that needs.
LENT = {
    "asv_runner": ("asv_runner",),
    "build": ("build", "packaging", "pyproject_hooks"),
    "pympler": ("pympler",),
}


def bare(folder: Path, python: str = sys.executable) -> Path:
    """The Python of a new virtual environment that has what runs a suite, and nothing else.

    It starts in a third of the time that this checkout's own takes.
    """
    subprocess.run([python, "-m", "venv", "--symlinks", "--without-pip", str(folder)], check=True)
    (library,) = folder.glob("lib/python3*/site-packages")
    for name in RUNNERS:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:
            (library / name).symlink_to(Path(found.origin).parent)
    return folder / "bin" / "python"


@functools.cache
def bare_python() -> Path:
    """One that all tests of this process use, and that goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="bare-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return bare(folder / "env")


def lend(folder: Path, factory: pytest.TempPathFactory) -> None:
    """Put a fresh environment into both slots of the tiny project in ``folder``.

    What asv would install there from the package index is most of a first gate's time, and
    the same for every project. Whoever needs it first makes it; processes of tests share it.
    """
    template = factory.getbasetemp() / "environment"
    template.mkdir(exist_ok=True)
    with (template / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not list(template.glob(f"env/*/{READY}")):
            _make(template)
    gate_folder = project.load(folder / "asv.conf.json").gate_folder
    for slot in SLOTS:
        shutil.copytree(
            template / "env", gate_folder / slot, symlinks=True, copy_function=_linked_or_copied
        )


def _linked_or_copied(source: str, target: str) -> None:
    """A link to the code of libraries, which is replaced but never written to; else a copy."""
    place = os.link if source.endswith((".py", ".pyc")) else shutil.copy2
    place(source, target)


def _make(template: Path) -> None:
    shutil.rmtree(template / "env", ignore_errors=True)
    tiny_project.git(template, "init", "--quiet", "--initial-branch=main")
    tiny_project.configure(template, env_dir="env")
    files = {"pyproject.toml": tiny_project.PYPROJECT} | tiny_project.answering(1)
    tiny_project.commit(template, "a suite, and what it is about", tiny_project.SUITE | files)
    lent = [name for name, libraries in LENT.items() if all(map(_files, libraries))]
    asv = [sys.executable, "-c", SETUP, *THERE, *lent]
    # Its exit code says nothing: asv 0.6 ends with 1 where all is well.
    variables = os.environ | LINKED
    ended = subprocess.run(asv, cwd=template, env=variables, capture_output=True, text=True)
    made = list(template.glob(f"env/*/{READY}"))
    assert made, ended.stdout + ended.stderr
    (library,) = made[0].parent.glob("lib/python3*/site-packages")
    for name in itertools.chain(*(LENT[each] for each in lent)):
        for source, path in _files(name).items():
            (library / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, library / path)


def _files(name: str) -> dict[Path, str]:
    """Those of a library that is installed here, and where below the folder of libraries."""
    try:
        files = metadata.files(name) or ()
    except metadata.PackageNotFoundError:
        return {}
    found = {Path(file.locate()): str(file) for file in files if file.parts[0] != ".."}
    return {source: path for source, path in found.items() if source.is_file()}
