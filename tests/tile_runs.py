"""``hotloop tiles`` in processes of their own, for tests of its workers and of its schedulers."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import warm

ROOT = Path(__file__).parents[1]
# Plain Python, mostly inside the set: a worker dies in the middle of a tile.
INSIDE = (-0.6, 0.3, -0.6, 0.6)
SLOW = (
    *("--variant", "floats", "--size", "201x107", "--tile", "30x20", "--steps", "500"),
    *("--window", ",".join(map(str, INSIDE))),
)
# For who ends it: many times as long. The first column of tiles is outside the set, for a first
# line at once.
FROM_OUTSIDE = (-1.35, -0.01, 0.08, 0.16)
ENDLESS = (
    *(*SLOW, "--size", "402x214", "--steps", "2000"),
    *("--window", ",".join(map(str, FROM_OUTSIDE))),
)
QUICK = ("--variant", "cython", "--size", "331x207", "--tile", "64x50")
PATIENCE_S = 60.0
# Where it matters what workers do and not how they start: forks of a process that has loaded dask.
QUICKLY_STARTED = {"DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD": "forkserver"}


def started(*words: str, first_on_path: Path = ROOT, **environment: str) -> "subprocess.Popen[str]":
    """In a session of its own, as a shell starts it: a terminal's Ctrl-C goes to all of it."""
    return warm.Popen(
        [sys.executable, "-m", "hotloop", "tiles", *words],
        env=os.environ | {"PYTHONPATH": str(first_on_path)} | environment,
        cwd=first_on_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(*words: str, first_on_path: Path = ROOT, **environment: str) -> tuple[int, str, str]:
    with started(*words, first_on_path=first_on_path, **environment) as running:
        out, err = running.communicate(timeout=PATIENCE_S)
    return running.returncode, out, err


def await_first_tiles(running: "subprocess.Popen[str]") -> None:
    assert running.stderr is not None
    for line in running.stderr:
        if " tiles" in line:
            return
    pytest.fail("no tile was computed")


def assert_all_is_told(out: str) -> None:
    """Of a run with QUICK and --check."""
    assert re.fullmatch(
        r"Mandelbrot 331 x 207, 255 steps: 30 tiles by cython in [\d.]+ m?s, [\d.]+ [kM] pixels/s, "
        r"[\d.]+ [kMG] iterations/s; peak memory [\d.]+ MiB here, [\d.]+ MiB in a worker; 0 tiles "
        r"given out again; 8 of them equal threads bit for bit\n",
        out,
    )
