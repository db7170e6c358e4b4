"""``hotloop`` of this checkout as a user starts it: in a process of its own, in some folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests import warm

ROOT = Path(__file__).parents[1]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
# Virtual environments and builds come first, on a machine that has other things to do.
LIMIT_S = 240
PROMPTLY_S = 20.0
# Spares a gate its trial of lanes, which the first test of test_gate_command.py makes.
ONE_LANE = ("--lanes", "1")


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "hotloop", *words]


def hotloop(
    folder: Path,
    *words: str,
    environment: Mapping[str, str] = ENVIRONMENT,
    limit_s: float | None = LIMIT_S,
) -> subprocess.CompletedProcess[str]:
    return warm.run(
        command(*words), env=environment, cwd=folder, capture_output=True, timeout=limit_s
    )


@dataclass(frozen=True)
class Interrupted:
    """How it ended, what it said after Ctrl-C, and the processes that it had then."""

    code: int
    stdout: str
    stderr: str
    children: list[psutil.Process]


def interrupted(folder: Path, *words: str, at: str) -> Interrupted:
    """Ctrl-C when a line on stderr contains ``at``."""
    with subprocess.Popen(
        command(*words),
        env=ENVIRONMENT,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        for line in process.stderr:
            if at in line:
                break
        children = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        said = process.stdout.read()
        code = process.wait(PROMPTLY_S)
        return Interrupted(code, said, process.stderr.read(), children)
