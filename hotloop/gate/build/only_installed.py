"""What of a project's settings only an installation brings into effect: requirements, entry points.

If nothing is installed, both sides have those that their Python happens to have.
"""

import re
from pathlib import Path

from hotloop.gate.build.settings_files import of_pyproject, of_setup_cfg, of_setup_py
from hotloop.gate.source.tree import PYPROJECT

OF_PYPROJECT = (
    "project.requires-python",
    "project.dependencies",
    "project.entry-points",
    "project.scripts",
    "project.gui-scripts",
    "tool.poetry.dependencies",
    "tool.poetry.plugins",
    "tool.poetry.scripts",
)
EXTRAS = "project.optional-dependencies"
# Extras that are for who works on the project, by their names.
FOR_WORK = re.compile(
    r"(?i)^(all|ci)$|dev|test|doc|lint|typ|mypy|check|cov|bench|perf|build|release"
)

OF_SETUP_CFG = ("options.install_requires", "options.entry_points")
OF_SETUP_PY = ("install_requires", "entry_points")


def differing(base: Path, head: Path) -> list[str]:
    """Names of those that are not the same in both folders, with the file that has them."""
    readers = {PYPROJECT: _toml, "setup.cfg": _cfg, "setup.py": _py}
    return [
        f"{key} of {name}"
        for name, read in readers.items()
        for key, (before, now) in _both(read(base), read(head)).items()
        if before != now
    ]


def _both(base: dict[str, str], head: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {key: (base.get(key, ""), head.get(key, "")) for key in {**base, **head}}


def _toml(folder: Path) -> dict[str, str]:
    read = of_pyproject(folder, (*OF_PYPROJECT, EXTRAS))
    extras = read.pop(EXTRAS)
    found = {path: repr(value) for path, value in read.items() if value}
    for name, wanted in extras.items() if isinstance(extras, dict) else ():
        if not FOR_WORK.search(name):
            found[f"{EXTRAS}.{name}"] = repr(wanted)
    return found


def _cfg(folder: Path) -> dict[str, str]:
    return of_setup_cfg(folder, OF_SETUP_CFG)


def _py(folder: Path) -> dict[str, str]:
    return dict(of_setup_py(folder, OF_SETUP_PY))
