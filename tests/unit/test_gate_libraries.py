"""When an environment is made anew: where a commit asks for other libraries than the last one."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hotloop.gate.build import installing, libraries, wheels
from hotloop.gate.model import Proof
from tests import tiny_project

WHEEL = ["pip install {wheel_file}"]
WANTS = {"site/tiny-1.dist-info/METADATA": "Name: tiny\nRequires-Dist: quick==1\n"}
UNPINNED = {"site/tiny-1.dist-info/METADATA": "Name: tiny\nRequires-Dist: quick\n"}


@dataclass(slots=True)
class Environment:
    """As asv's, with the commands of a configuration; the checkout is what is installed."""

    _path: Path
    _install_command: object
    _build_command: object = None
    _repo_subdir: str = ""
    made: list[str] = field(default_factory=list)

    @property
    def _build_root(self) -> Path:
        return self._path.parent / "checkout"

    def can_install_project(self) -> bool:
        return True

    def create(self) -> None:
        if not self._path.exists():
            self._path.mkdir()
            self.made.append("made")

    def find_executable(self, name: str) -> str:
        return name


def is_made_anew(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    commands: object,
    first: Mapping[str, str],
    second: Mapping[str, str],
) -> bool:
    """Whether one commit after the other, of these files, gets another environment."""
    environment = Environment(folder / "env", commands)
    checkout, library = folder / "checkout", folder / "env/site"
    checkout.mkdir()
    tiny_project.git(checkout, "init", "--quiet")

    def fill(*_: object) -> tuple[dict[str, Any], Proof]:
        shutil.copytree(checkout, folder / "env", dirs_exist_ok=True)
        note = json.dumps({"url": (folder / "tiny.whl").as_uri()})
        tiny_project.write(library, {"tiny-1.dist-info/direct_url.json": note})
        return {"folders": dict.fromkeys(wheels.LIBRARIES, str(library))}, Proof((), ())

    monkeypatch.setattr(installing, "_in_slot", lambda _: (environment, None))
    monkeypatch.setattr(installing, "_fill", fill)
    monkeypatch.setattr(installing, "_installed", lambda *_: {})
    for files in (first, second):
        tiny_project.commit(checkout, "a commit", files)
        installing.install({})
    return environment.made == ["made", "made"]


@pytest.mark.parametrize(
    ("commands", "first", "second", "anew"),
    [
        (WHEEL, WANTS, UNPINNED, True),
        (None, WANTS, UNPINNED, True),
        (WHEEL[0], WANTS, UNPINNED, True),
        (WHEEL, WANTS, {**WANTS, "other.py": ""}, False),
        (["pip install --no-deps {wheel_file}"], WANTS, UNPINNED, False),
        # Only a command that installs more than the wheel could read it.
        (WHEEL, {"requirements.txt": "quick==1"}, {"requirements.txt": "quick"}, False),
        (
            ["pip install -r {build_dir}/requirements.txt", *WHEEL],
            {"requirements.txt": "quick==1"},
            {"requirements.txt": "quick"},
            True,
        ),
        (["pip install {build_dir}"], {"docs.txt": "1"}, {"docs.txt": "2"}, False),
    ],
)
def test_an_environment_is_made_anew_where_a_commit_asks_for_other_libraries(
    commands: object,
    first: Mapping[str, str],
    second: Mapping[str, str],
    anew: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert is_made_anew(monkeypatch, tmp_path, commands, first, second) is anew


def test_lists_of_libraries_and_dependency_groups_are_known(tmp_path: Path) -> None:
    tiny_project.git(tmp_path, "init", "--quiet")
    lists = ["requirements/dev.in", "ci/environment-3.11.yml", "uv.lock", "dev_requirements.txt"]
    files = {name: "" for name in [*lists, "notes.txt", "requirements.py"]}
    groups = "[dependency-groups]\ndev = ['quick']\n"
    tiny_project.commit(tmp_path, "all", {**files, "pyproject.toml": groups})
    *found, of_groups = libraries.listed(tmp_path, tmp_path)
    assert [line.partition(" ")[0] for line in found] == sorted(lists)
    assert json.loads(of_groups) == {"dev": ["quick"]}
