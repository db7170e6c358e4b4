"""``hotloop tiles`` in processes of their own, for tests of its workers and of its schedulers."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import warm

ROOT = Path(__file__).parents[1]
# For who ends it: a minute of plain Python. The first column of tiles is outside the set, for a
# first line at once.
FROM_OUTSIDE = (-1.35, -0.01, 0.08, 0.16)
ENDLESS = (
    *("--variant", "floats", "--size", "402x214", "--tile", "30x20", "--steps", "2000"),
    *("--window", ",".join(map(str, FROM_OUTSIDE))),
)
QUICK = ("--variant", "cython", "--size", "331x207", "--tile", "64x50")
PATIENCE_S = 60.0
# tests/tile_pool.py. As hotloop's script, which has no -P that its workers would get too.
POOL = "import sys; del sys.path[0]; from tests.tile_pool import main; main()"


def started(*words: str, **environment: str) -> "subprocess.Popen[str]":
    """In a session of its own, as a shell starts it: a terminal's Ctrl-C goes to all of it."""
    return warm.Popen(
        [sys.executable, "-m", "hotloop", "tiles", *words],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(*words: str, **environment: str) -> tuple[int, str, str]:
    with started(*words, **environment) as running:
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
