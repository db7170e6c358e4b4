"""What ``pip install --no-deps --no-build-isolation [-e] FOLDER`` does, in a fraction of the time.

``python tiny_install.py [-e] FOLDER``, of a project that setuptools or a file of its own builds
from there: its wheel is installed, and a note says where it came from. It runs in the environment
itself.
"""

import json
import os
import shutil
import sys
import sysconfig
import tempfile
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path
from types import ModuleType


def backend_of(folder: Path) -> ModuleType:
    """What builds the project in ``folder`` (PEP 517)."""
    told = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    sys.path[:0] = [str((folder / path).resolve()) for path in told.get("backend-path", ())]
    return import_module(told["build-backend"])


def install(folder: Path, *, editable: bool) -> None:
    """Replace what is installed of the project by what ``folder`` has."""
    os.chdir(folder)
    backend = backend_of(Path())
    build = backend.build_editable if editable else backend.build_wheel
    place = Path(sysconfig.get_path("purelib"))
    with tempfile.TemporaryDirectory() as scratch:
        wheel = build(scratch)
        project = wheel.partition("-")[0]
        for old in (*place.glob(f"{project}*"), *place.glob("__editable__*")):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        with zipfile.ZipFile(Path(scratch, wheel)) as content:
            content.extractall(place)
    (info,) = Path(place).glob(f"{project}-*.dist-info")
    source = {"url": folder.as_uri(), "dir_info": {"editable": True} if editable else {}}
    (info / "direct_url.json").write_text(json.dumps(source), encoding="utf-8")


if __name__ == "__main__":
    install(Path(sys.argv[-1]).resolve(), editable=sys.argv[1] == "-e")
