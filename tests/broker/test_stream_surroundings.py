"""The whole command in a folder, a language and with Java variables that would change it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stream.environment import PACKAGE_ROOT
from stream.kafka.running import Broker

pytestmark = pytest.mark.broker

TIME_LIMIT_S = 120.0
NAMES = ("stream", "hotloop", "implementations", "json", "numpy", "selectors", "confluent_kafka")
NOTE = "open(__file__ + '.ran', 'w').close()\n"
SHELL = {
    "LANG": "de_DE.UTF-8",
    "LC_ALL": "de_DE.UTF-8",
    "JAVA_TOOL_OPTIONS": "-Duser.language=de -Duser.country=DE",
    "CLASSPATH": "/nowhere",
}


def hotloop(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-P", "-m", "hotloop", *words],
        cwd=folder,
        env=os.environ | SHELL | {"PYTHONPATH": str(PACKAGE_ROOT)},
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder with files that note that they were run, under names that are imported."""
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(NOTE)
    return tmp_path


def was_run(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*.ran")]


def test_neither_the_folder_nor_the_language_changes_a_stream(trap: Path, broker: Broker) -> None:
    words = "stream confluent --records 3000 --runs 1 --json result.json"
    done = hotloop(trap, *words.split(), "--bootstrap", broker.bootstrap)
    assert done.returncode == 0, done.stderr
    assert was_run(trap) == []
    limit = json.loads((trap / "result.json").read_text())["limit"]
    assert limit["perf_test_records_per_second"] > 0


def test_the_folder_changes_nothing_of_the_compute_ladder(trap: Path) -> None:
    words = "compute python numpy --size 8x8 --steps 4 --budget 0.1"
    done = hotloop(trap, *words.split())
    assert done.returncode == 0, done.stderr
    assert was_run(trap) == []
