"""Settings that only an installation brings into effect."""

from pathlib import Path

import pytest

from hotloop.gate.build import here
from hotloop.gate.build.only_installed import differing
from hotloop.gate.model import Revision, Side
from hotloop.gate.source import tree
from tests import tiny_project

ENTRY = '[project.entry-points.tiny]\nwork = "tiny:{}"\n'
SCRIPT = "[project.gui-scripts]\ntiny = 'tiny:{}'\n"
# Those for who works on the project say nothing of what its code does.
EXTRA = "[project.optional-dependencies]\nc = ['it>{0}']\ntest = ['x>{0}']\ndocs = ['x>{0}']\n"
CFG = "[options]\ninstall_requires = {}\n[options.entry_points]\ntiny = work = tiny:{}\n"
PY = "from setuptools import setup\nsetup(version={!r}, entry_points={{'tiny': [{!r}]}})\n"


@pytest.mark.parametrize(
    ("file", "base", "head", "told"),
    [
        ("pyproject.toml", ENTRY.format("a"), ENTRY.format("b"), ["project.entry-points"]),
        ("pyproject.toml", "[project]\nversion = '1'", "[project]\nversion = '2'", []),
        ("pyproject.toml", "", "[project]\ndependencies = ['it<2']", ["project.dependencies"]),
        ("pyproject.toml", "", "[project]\ndependencies = []", []),
        ("pyproject.toml", SCRIPT.format("a"), SCRIPT.format("b"), ["project.gui-scripts"]),
        ("pyproject.toml", EXTRA.format(1), EXTRA.format(2), ["project.optional-dependencies.c"]),
        ("pyproject.toml", "damaged", "", []),
        ("setup.cfg", CFG.format("it", "a"), CFG.format("it", "b"), ["options.entry_points"]),
        ("setup.cfg", CFG.format("it", "a"), CFG.format("at", "a"), ["options.install_requires"]),
        ("setup.cfg", CFG.format("it", "a"), CFG.format("it", "a") + "[x]\ny = 1\n", []),
        ("setup.py", PY.format("1", "a"), PY.format("1", "b"), ["entry_points"]),
        ("setup.py", PY.format("1", "a"), PY.format("2", "a"), []),
        ("setup.py", "(", PY.format("1", "a").replace("entry_points", "zip_safe"), []),
    ],
)
def test_requirements_and_entry_points_that_differ_are_named(
    file: str, base: str, head: str, told: list[str], tmp_path: Path
) -> None:
    tiny_project.write(tmp_path, {f"base/{file}": base, f"head/{file}": head})
    found = differing(tmp_path / "base", tmp_path / "head")
    assert found == [f"{name} of {file}" for name in told]


def test_where_nothing_is_installed_that_is_a_doubt(tmp_path: Path) -> None:
    tiny_project.git(tmp_path, "init", "--quiet")
    for side in Side:
        settings = {"pyproject.toml": ENTRY.format(side.value), "tiny/__init__.py": ""}
        tiny_project.write(tmp_path / side.value, settings)
    commits = {side: Revision(side.value * 10, side.value, "") for side in Side}
    folders = {side: tmp_path / side.value for side in Side}
    _, (doubt,) = here.contenders(tree.load(tmp_path), commits, folders)
    assert "project.entry-points of pyproject.toml differs between the commits" in doubt
    assert doubt.endswith("leave out --environment here")
