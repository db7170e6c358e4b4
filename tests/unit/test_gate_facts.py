"""What an environment's Python says, and what is read of it here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hotloop.gate.build import facts
from tests import tiny_project


def info(name: str, version: str) -> str:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


@pytest.fixture
def said(tmp_path: Path) -> str:
    """By a Python that looks in two folders more."""
    checkout = {"url": (tmp_path / "a checkout").as_uri(), "dir_info": {"editable": True}}
    files = {
        "site/Some_Thing-1.5.dist-info/METADATA": f"{info('Some_Thing', '1.5')}\nVersion: 9\n",
        "site/old-2.egg-info/PKG-INFO": info("old", "2"),
        "site/killed-1.dist-info/RECORD": "",
        "site/mine-0.dist-info/METADATA": info("Mine", "0"),
        "site/mine-0.dist-info/direct_url.json": json.dumps(checkout),
        "a checkout/mine.egg-info/PKG-INFO": info("Mine", "0"),
    }
    tiny_project.write(tmp_path, files)
    folders = [str(tmp_path / name) for name in ("a checkout", "site")]
    program = f"import sys\nsys.path += {folders}\n{facts.PROGRAM}"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_what_is_installed_is_told_but_not_the_project_itself(said: str) -> None:
    found = facts.read(said)
    assert found["distributions"] == {"some_thing": "1.5", "old": "2"}
    assert Path(found["folders"]["purelib"]).name == "site-packages"
    assert found["folders"].keys() == {"purelib", "platlib", "scripts", "data"}
    assert found["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}.")


def test_what_was_installed_from_a_folder_is_known(said: str, tmp_path: Path) -> None:
    assert facts.owns(said, tmp_path / "a checkout")
    assert not facts.owns(said, tmp_path / "elsewhere")
