"""What an environment for tests has to have, as it is asked for and as the project says."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotloop.base.errors import UsageError
from hotloop.gate.model import PytestRequest, Side
from hotloop.gate.source import tree
from hotloop.gate.source.project import Project

UV_LOCK = "uv.lock"
START_LIMIT_S = 60.0
# -r more.txt, or --constraint=limits.txt
OTHER_FILE = re.compile(r"(?m)^\s*(?:-r|-c|--requirement|--constraint)[ =]*(\S+)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one side's environment has to have: Python, and what is installed beside the project.

    ``packages`` and ``files`` of requirements are head's on both sides, as the tests are; so is
    uv's ``lock`` (None: there is none), for a side that has none of its own.
    """

    python: str
    asked: PytestRequest
    packages: tuple[str, ...]
    files: tuple[Path, ...]
    lock: Path | None = None

    def key(self, is_locked: bool = False) -> str:
        """The same for environments that can be used in place of each other.

        ``is_locked``: uv installs what a lock says.
        """
        files = [text for file in self.files for text in _texts(file.resolve(), set())]
        content = [
            self.python,
            self.asked.installs,
            self.asked.extras,
            self.packages,
            files,
            is_locked,
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def wanted_of(
    project: Project, pythons: Mapping[Side, str | None], asked: PytestRequest, tests: Path
) -> dict[Side, Wanted]:
    """What each side's has to have; ``tests`` is head's folder.

    Raises UsageError for a Python, a group or a file that is not there.
    """
    packages = tuple(each for group in asked.groups for each in group_of(tests, group))
    files = tuple(_file(project, tests, name) for name in asked.requirements)
    locks = (folder / UV_LOCK for folder in (tests, project.folder))
    lock = next((file for file in locks if file.is_file()), None)
    return {
        side: Wanted(python_of(python), asked, packages, files, lock)
        for side, python in pythons.items()
    }


def python_of(asked: str | None) -> str:
    """The interpreter that is meant: a path, a command, a version. Raises UsageError."""
    if asked is None:
        return sys.executable
    names = [asked, f"python{asked}"] if asked[:1].isdigit() else [asked]
    found = [path for name in names for path in _on_path(name)]
    for path in found:
        executable = _executable(path)
        if executable is not None:
            return executable
    if found:
        raise UsageError(
            f"{found[0]} does not start a Python, and there is no other {asked} on PATH"
        )
    raise UsageError(
        f"there is no Python {asked} on PATH: name a command or a file, as in --python python3.12"
    )


def _texts(file: Path, seen: set[Path]) -> Iterator[str]:
    """Of a file of requirements, and of those that it names."""
    if file in seen or not file.is_file():
        return
    seen.add(file)
    text = file.read_text(encoding="utf-8")
    yield text
    for name in OTHER_FILE.findall(text):
        yield from _texts((file.parent / name).resolve(), seen)


def _on_path(name: str) -> list[str]:
    """Every program of this name, not only the first: a version manager's may start nothing."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    found = (shutil.which(name, path=folder) for folder in folders)
    return list(dict.fromkeys(path for path in found if path is not None))


def _executable(path: str) -> str | None:
    """The interpreter that runs if ``path`` is started; None: none does."""
    script = "import sys; print(sys.executable)"
    try:
        ended = subprocess.run(
            [path, "-c", script], capture_output=True, text=True, check=True, timeout=START_LIMIT_S
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    # A version manager may have others say something first.
    said = ended.stdout.strip().splitlines()
    return said[-1] if said and Path(said[-1]).is_absolute() else None


def group_of(checkout: Path, name: str) -> list[str]:
    """The requirements of a dependency group (PEP 735). Raises UsageError if there is none."""
    table = tree.pyproject(checkout)
    groups = table.get("dependency-groups", {})
    known = {key.lower().replace("_", "-"): value for key, value in groups.items()}
    found = known.get(name.lower().replace("_", "-"))
    if found is None:
        raise UsageError(
            f"--group {name}: pyproject.toml has no such dependency group"
            + (f", but {', '.join(groups)}" if groups else "")
            + _elsewhere(table, name)
        )
    listed: list[str] = []
    for each in found:
        listed += [each] if isinstance(each, str) else group_of(checkout, each["include-group"])
    return listed


def _elsewhere(table: Mapping[str, Any], name: str) -> str:
    """What to do about a group that only one tool knows, which writes requirements its own way."""
    for place in ("poetry.group", "hatch.envs", "pdm.dev-dependencies"):
        found: Any = table.get("tool", {})
        for part in (*place.split("."), name):
            found = found.get(part) if isinstance(found, Mapping) else None
        if found is not None:
            return (
                f"; [tool.{place}] has {name}, which pip cannot read: write what the tests need "
                "into a file, as in pytest-benchmark>=4, and name it with --requirement"
            )
    return ""


def _file(project: Project, tests: Path, name: str) -> Path:
    """A file of requirements: head's, or one that no commit has."""
    for folder in (tests, project.folder):
        if (folder / name).is_file():
            return folder / name
    raise UsageError(f"--requirement {name}: no such file in {project.folder}")
