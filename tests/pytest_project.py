"""A pure Python project with a pytest suite, in a repository of its own, for the gate's tests."""

import math
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
# Built by a file of its own: pip need not install setuptools first, on either side.
OWN_BACKEND = {
    "pyproject.toml": WITH_ADDOPTS.replace(
        'requires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"',
        'requires = []\nbuild-backend = "wheel_of_pure"\nbackend-path = ["."]',
    ),
    "wheel_of_pure.py": """
import zipfile
from pathlib import Path

FILES = {
    "METADATA": "Metadata-Version: 2.1\\nName: pure\\nVersion: 1\\n",
    "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    "RECORD": "",
}

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "pure-1-py3-none-any.whl"
    with zipfile.ZipFile(Path(folder) / name, "w") as wheel:
        for path in Path("pure").glob("*.py"):
            wheel.write(path)
        for file, text in FILES.items():
            wheel.writestr(f"pure-1.dist-info/{file}", text)
    return name
""",
}
# Slow enough that a change of a tenth shows in a few pairs on any machine.
WORK = "def work(turns):\n    return sum(i * i for i in range({times} * turns))\n"
AT_BASE, AT_HEAD = WORK.format(times=1), WORK.format(times=4)
# Between what a pair may lie, since on a busy machine one side may take twice its time, or more.
SLOWER, EQUAL, FASTER = (2.0, math.inf), (0.5, 2.0), (0.0, 0.5)
SPEED = "import pure\n\ndef test_work(benchmark):\n    assert benchmark(pure.work, 2000) > 0\n"


def make(folder: Path, tests: Mapping[str, str], base: Mapping[str, str] | None = None) -> Path:
    """A repository whose branch ``base`` does a quarter of the work of its head.

    ``tests`` are files of both (path -> content); ``base`` replaces some of them at base.
    """
    folder.mkdir(parents=True)
    tiny_project.git(folder, "init", "--quiet", "--initial-branch=main")
    first = {"pyproject.toml": WITH_ADDOPTS, "pure/__init__.py": AT_BASE, **tests}
    tiny_project.commit(folder, "at base", {**first, **(base or {})})
    tiny_project.git(folder, "branch", "base")
    tiny_project.commit(folder, "slower", {"pure/__init__.py": AT_HEAD, **tests})
    return folder
