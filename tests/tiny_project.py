"""A project of a few lines with an asv suite, in a repository of its own, for the gate's tests."""

import atexit
import functools
import json
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hotloop.gate.source import project, revisions
from hotloop.gate.source.revisions import Source
from tests import tiny_install, tiny_unpack, tiny_wheel
from tests.tiny_wheel import PYPROJECT as PYPROJECT

# What a virtualenv has is enough: no download for a build. As most projects configure it:
PIP_WHEEL = "python -m pip wheel --no-deps --no-build-isolation -w {build_cache_dir} {build_dir}"
# The same without pip, and without setuptools where a project is like this one.
WHEEL = f"python {shlex.quote(tiny_wheel.__file__)} {{build_cache_dir}}"
# Likewise.
INSTALL = f"python {shlex.quote(tiny_unpack.__file__)} {{wheel_file}}"
# What installs from a folder, editable or not, as projects configure it,
PIP_FOLDER = "in-dir={env_dir} python -m pip install --no-deps --no-build-isolation {build_dir}"
PIP_EDITABLE = PIP_FOLDER.replace("{build_dir}", "-e {build_dir}")
# and the same without pip.
INSTALLER = f"python {shlex.quote(tiny_install.__file__)}"
FOLDER = f"in-dir={{env_dir}} {INSTALLER} {{build_dir}}"
EDITABLE = FOLDER.replace("{build_dir}", "-e {build_dir}")
CONFIG_FILE = "asv.conf.json"
MODULE = "tiny/__init__.py"
CONFIG = {
    "version": 1,
    "project": "tiny",
    "repo": ".",
    "environment_type": "virtualenv",
    "benchmark_dir": "benchmarks",
    "env_dir": ".asv/env",
    "results_dir": ".asv/results",
    "html_dir": ".asv/html",
    "build_command": [WHEEL],
    "install_command": [INSTALL],
    "uninstall_command": [],
    "build_cache_size": 20,
}
SUITE = {
    "benchmarks/__init__.py": "",
    "benchmarks/speed.py": (
        "import tiny\n"
        "from .sizes import SIZES\n"
        "class Sums:\n"
        "    params = [SIZES, ['a', 'b']]\n"
        "    timeout = 7\n"
        "    def setup_cache(self):\n"
        "        return 1\n"
        "    def time_sum(self, cache, n, letter):\n"
        "        tiny.answer()\n"
        "def time_answer():\n"
        "    tiny.answer()\n"
    ),
    "benchmarks/sizes.py": "SIZES = [10, 20]\n",
}


def answering(number: int) -> dict[str, str]:
    """The project's source, whose one function says ``number``."""
    return {MODULE: f"def answer():\n    return {number}\n"}


def git(folder: Path, *arguments: str) -> str:
    """What a git command says; it has to succeed."""
    settings = ("user.name=nobody", "user.email=nobody@example.org", "maintenance.auto=false")
    configured = [word for each in settings for word in ("-c", each)]
    return subprocess.run(
        ["git", *configured, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write ``files`` (path -> content) below ``folder``."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def commit(folder: Path, message: str, files: Mapping[str, str]) -> str:
    """Write ``files`` and commit all there is; the commit's hash."""
    write(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return head(folder)


def head(folder: Path) -> str:
    """The hash of the commit that is checked out, as git keeps it: without another process."""
    repository = folder / ".git"
    name = (repository / "HEAD").read_text(encoding="utf-8").strip() if repository.is_dir() else ""
    branch = repository / name.removeprefix("ref: ")
    if name.startswith("ref: ") and branch.is_file():
        return branch.read_text(encoding="utf-8").strip()
    return git(folder, "rev-parse", "HEAD")


def make(folder: Path) -> Path:
    """A repository with two commits, the suite and answer 1, then answer 2; its configuration."""
    shutil.copytree(_template(), folder, dirs_exist_ok=True)
    return folder / CONFIG_FILE


@functools.cache
def _template() -> Path:
    """One that all tests of this process copy, and that goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="tiny-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    configure(folder)
    rest = {"pyproject.toml": PYPROJECT, ".gitignore": ".asv\n*.log\n"}
    commit(folder, "answer 1", rest | SUITE | answering(1))
    commit(folder, "answer 2", answering(2))
    return folder


def clone_with_a_submodule(folder: Path) -> Path:
    """A partial clone of three commits: without the package, then with it as a submodule, twice.

    It answers 1, then 2. Who checks these out has to allow git the protocol "file".
    """
    origin, library = folder / "origin", folder / "library"
    for each in (origin, library):
        each.mkdir()
        git(each, "init", "--quiet", "--initial-branch=main")
    local = ("-c", "protocol.file.allow=always")
    commit(library, "answers 1", {"__init__.py": answering(1)[MODULE]})
    configure(origin)
    commit(origin, "no package yet", {"pyproject.toml": PYPROJECT, ".gitignore": ".asv\n"} | SUITE)
    git(origin, *local, "submodule", "add", "../library", "tiny")
    commit(origin, "takes the library", {})
    commit(library, "answers 2", {"__init__.py": answering(2)[MODULE]})
    git(origin, *local, "submodule", "update", "--remote")
    commit(origin, "takes the next one", {})
    for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        git(origin, "config", setting, "true")
    clone = folder / "elsewhere" / "clone"
    git(folder, "clone", "--quiet", "--filter=blob:none", f"file://{origin}", str(clone))
    return clone


def configure(folder: Path, name: str = CONFIG_FILE, **changes: object) -> Path:
    """Write a configuration that differs by ``changes``; where it is."""
    path = folder / name
    path.write_text("// tiny\n" + json.dumps(CONFIG | changes, indent=1), encoding="utf-8")
    return path


def source_of(folder: Path, **changes: object) -> Source:
    """The gate's mirror of the repository in ``folder``, configured with ``changes``."""
    return revisions.open_source(project.load(configure(folder, CONFIG_FILE, **changes)))


def state(folder: Path) -> dict[str, object]:
    """All that a tool may not change in a checkout: files, index (to the byte), refs, stash."""
    repository = folder / ".git"
    index = repository / "index"
    before = index.stat().st_mtime_ns
    return {
        "index": (index.read_bytes(), before),
        "HEAD": (repository / "HEAD").read_text(encoding="utf-8"),
        "refs": git(folder, "for-each-ref"),
        "stash": git(folder, "stash", "list"),
        "status": git(folder, "--no-optional-locks", "status", "--porcelain=v2", "--ignored=no"),
        "objects": sorted(path.name for path in (repository / "objects").rglob("*")),
        "repository": sorted(path.name for path in repository.iterdir()),
        "files": {
            str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not {".git", ".asv"} & set(path.relative_to(folder).parts)
        },
    }


def notes_readings(folder: Path) -> bool:
    """Whether the file system keeps times of access."""
    file = folder / "probe"
    file.write_text("1", encoding="utf-8")
    os.utime(file, ns=(0, 0))
    file.read_text(encoding="utf-8")
    return file.stat().st_atime_ns != 0
