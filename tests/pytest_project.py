"""A pure Python project with a pytest suite, in a repository of its own, for the gate's tests."""

from collections.abc import Mapping
from pathlib import Path

from tests import tiny_project

# Plugins of this checkout's environment that take most of a pytest's start, in each worker.
WITH_XDIST = tuple(
    f"-pno:{name}" for name in ("zarr", "hypothesispytest", "anyio", "platformdirs", "timeout")
)
ADDOPTS = (*WITH_XDIST, "-pno:xdist", "-pno:xdist.looponfail", "-pno:pytest_cov")
PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "pure"
version = "1"
[tool.setuptools]
packages = ["pure"]
[tool.pytest.ini_options]
testpaths = ["tests"]
"""
WITH_ADDOPTS = f"{PYPROJECT}addopts = '{' '.join(ADDOPTS)}'\n"
# Slow enough that a change of a tenth shows in a few pairs on any machine.
WORK = "def work(turns):\n    return sum(i * i for i in range(turns * {percent} // 100))\n"
SPEED = "import pure\n\ndef test_work(benchmark):\n    assert benchmark(pure.work, 2000) > 0\n"


def make(folder: Path, tests: Mapping[str, str], base: Mapping[str, str] | None = None) -> Path:
    """A repository whose branch ``base`` does half of the work of its head.

    ``tests`` are files of both (path -> content); ``base`` replaces some of them at base.
    """
    folder.mkdir(parents=True)
    tiny_project.git(folder, "init", "--quiet", "--initial-branch=main")
    first = {"pyproject.toml": WITH_ADDOPTS, "pure/__init__.py": WORK.format(percent=100), **tests}
    tiny_project.commit(folder, "at base", {**first, **(base or {})})
    tiny_project.git(folder, "branch", "base")
    tiny_project.commit(
        folder, "twice as slow", {"pure/__init__.py": WORK.format(percent=200), **tests}
    )
    return folder
