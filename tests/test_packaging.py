"""What pip builds: no extension, and so without a compiler, unless it is asked for them."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NO_COMPILER = {"CC": "no-such-compiler", "CXX": "no-such-compiler"}
BUILD = "import setuptools.build_meta as backend; print(backend.{call})"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all that a wheel is made of, as a fresh clone has it."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    built = shutil.ignore_patterns("__pycache__", "*.so", "implementations/*.sha256")
    for package in ("hotloop", "implementations", "stream"):
        shutil.copytree(ROOT / package, folder / package, ignore=built)
    return folder


def backend(checkout: Path, call: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What pip asks the build backend, on a machine without a compiler."""
    return subprocess.run(
        [sys.executable, "-c", BUILD.format(call=call)],
        cwd=checkout,
        env=os.environ | NO_COMPILER | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def installed(checkout: Path) -> Path:
    """The contents of the wheel, where Python finds them."""
    ended = backend(checkout, "build_wheel('dist')")
    assert ended.returncode == 0, ended.stderr
    (wheel,) = (checkout / "dist").iterdir()
    assert wheel.name.endswith("-py3-none-any.whl")
    folder = checkout / "installed"
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def test_installing_needs_no_compiler_and_brings_no_extension(installed: Path) -> None:
    assert (installed / "hotloop" / "cli.py").is_file()
    assert (installed / "implementations" / "others" / "c_mandel.c").is_file()
    assert list(installed.rglob("*.so")) == []


def test_what_was_installed_says_how_its_extensions_come_about(installed: Path) -> None:
    program = "from implementations import registry; registry.load('cython')"
    ended = subprocess.run(
        # Without site-packages, where this checkout is installed.
        [sys.executable, "-S", "-c", program],
        cwd=installed,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr.splitlines()[-1] == (
        "implementations.registry.Unavailable: the extension implementations.cython_mandel is not "
        "built: run HOTLOOP_EXTENSIONS=1 pip install path/to/hotloop"
    )


def test_pip_is_told_what_compiles_the_extensions_where_they_are_asked_for(checkout: Path) -> None:
    call = "get_requires_for_build_wheel()"
    # Both in one process: each loads what builds wheels.
    asked = f"{call}); import os; os.environ['HOTLOOP_EXTENSIONS'] = '1'; print(backend.{call}"
    said = [line for line in backend(checkout, asked).stdout.splitlines() if line[:1] == "["]
    assert said == ["[]", "['Cython>=3.2.1', 'numpy>=2.0']"]


def test_pip_compiles_the_extensions_where_they_are_asked_for(checkout: Path) -> None:
    ended = backend(checkout, "build_wheel('dist')", HOTLOOP_EXTENSIONS="1")
    assert ended.returncode != 0
    assert "no-such-compiler" in ended.stderr + ended.stdout
