"""The lanes as a wheel of their own, in an app that knows nothing of this project."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "stream" / "fastlane"

APP = """
import sys

import faust
from faust_fastlane import Refused, install

app = faust.App("own", broker="kafka://127.0.0.1:1")


@app.agent(app.topic("numbers"))
async def process(numbers):
    async for number in numbers:
        print(number)


install(app, lane="bulk")
try:
    install(app, lane="bulk")
except Refused as reason:
    print(type(app.consumer).__module__, reason)
assert not {"hotloop", "stream"} & set(sys.modules)
"""


# What pip does, but for its own start and two more of Python.
BUILD = """
import importlib, sys
sys.modules["Cython"] = None
importlib.import_module(sys.argv[1]).build_wheel(sys.argv[2])
"""
BACKEND = tomllib.loads((FOLDER / "pyproject.toml").read_text())["build-system"]["build-backend"]


@pytest.mark.parametrize(
    "build",
    [
        ("-c", BUILD, BACKEND, "../wheels"),
        pytest.param(
            (
                *("-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"),
                "-w../wheels",
                ".",
            ),
            marks=pytest.mark.thorough(
                "test_the_wheel_works_in_an_app_without_the_rest_of_the_project"
            ),
        ),
    ],
    ids=["", "pip"],
)
def test_the_wheel_works_in_an_app_without_the_rest_of_the_project(
    tmp_path: Path, build: tuple[str, ...]
) -> None:
    source, wheels, installed = tmp_path / "source", tmp_path / "wheels", tmp_path / "installed"
    shutil.copytree(FOLDER, source, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, *build], check=True, cwd=source, capture_output=True)
    (wheel,) = wheels.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(installed)
    modules = {path.name for path in FOLDER.glob("*.py")}
    assert {f"faust_fastlane/{name}" for name in (*modules, "py.typed")} <= set(names)
    tmp_path.joinpath("app.py").write_text(APP)
    told = subprocess.run(
        [sys.executable, "-P", "app.py"],
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )
    assert told.stdout == "faust_fastlane.bulk the app has a lane already\n"
    assert told.stderr == ""
