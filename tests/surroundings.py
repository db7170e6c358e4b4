"""``hotloop`` in a folder, a language and with Java variables that would change what it does."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from stream.environment import PACKAGE_ROOT

TIME_LIMIT_S = 120.0
NAMES = (
    *("stream", "hotloop", "implementations", "json", "numpy", "selectors", "socket", "random"),
    *("confluent_kafka", "dask"),
)
NOTE = "open(__file__ + '.ran', 'w').close()\n"
SHELL = {
    "LANG": "de_DE.UTF-8",
    "LC_ALL": "de_DE.UTF-8",
    "JAVA_TOOL_OPTIONS": "-Duser.language=de -Duser.country=DE",
    "CLASSPATH": "/nowhere",
}


def set_trap(folder: Path) -> None:
    """Files that note that they were run, under names that are imported."""
    for name in NAMES:
        (folder / f"{name}.py").write_text(NOTE)


def was_run(folder: Path) -> list[str]:
    """Which of them."""
    return [path.name for path in folder.glob("*.ran")]


def hotloop(
    folder: Path, *words: str, program: Sequence[str] = ("-m", "hotloop")
) -> "subprocess.CompletedProcess[str]":
    """The command in ``folder``, as its script starts it; or another ``program``."""
    return subprocess.run(
        [sys.executable, "-P", *program, *words],
        cwd=folder,
        env=os.environ | SHELL | {"PYTHONPATH": str(PACKAGE_ROOT)},
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
