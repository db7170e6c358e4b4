"""``hotloop`` of this checkout as a user starts it: in a process of its own, in some folder.

Or in the process of the tests: what it starts comes from ``tests.warm``'s servers then, and its
pairs can be shorter.
"""

import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from hotloop import cli
from hotloop.gate.pairs import slices, trial
from tests import warm

ROOT = Path(__file__).parents[1]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
# Virtual environments and builds come first, on a machine that has other things to do.
LIMIT_S = 240
PROMPTLY_S = 60.0
# A third of the usual: what tests measure differs by half, or is as good as equal.
SHORT_PAIRS = 1 / 3
PAIR_LENGTHS = ("PAIR_S", "LONGEST_PAIR_S", "SHARED_PAIR_S", "LONGEST_SHARED_PAIR_S")
# A tenth of the usual, in the trial of lanes.
SHORT_TURN_S = 3e-3
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


def here(
    folder: Path,
    *words: str,
    environment: Mapping[str, str] = ENVIRONMENT,
    pair_length: float = SHORT_PAIRS,
    sets: int | None = None,
) -> subprocess.CompletedProcess[str]:
    """The same in this process.

    ``pair_length``: that of a gate's pairs, as a part of usual. ``sets``: so many sets of processes
    for a comparison, too few to tell anything apart, and no second look.
    """
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        # Looked up anew, as in a new process.
        patch.setattr(tempfile, "tempdir", None)
        for name in os.environ.keys() - environment.keys():
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        for name in PAIR_LENGTHS:
            patch.setattr(slices, name, getattr(slices, name) * pair_length)
        patch.setattr(trial, "TURN_S", SHORT_TURN_S)
        if sets is not None:
            compare_in(sets, patch)
        code = cli.main(list(words), out, err)
    return subprocess.CompletedProcess(list(words), code, out.getvalue(), err.getvalue())


def compare_in(sets: int, patch: pytest.MonkeyPatch) -> None:
    """So many sets of processes for a comparison in this process, and no second look."""
    # What it loads takes long, and few need it.
    from hotloop.compare import run
    from hotloop.timing.measure import no_more_sets

    patch.setattr(run, "SETS", sets)
    patch.setattr(run, "fewest_sets", lambda *_: sets)
    patch.setattr(run, "_second_look", lambda *_: no_more_sets)


@dataclass(frozen=True)
class Interrupted:
    """How it ended, what it said after Ctrl-C, and the processes that it had then."""

    code: int
    stdout: str
    stderr: str
    children: list[psutil.Process]


def interrupted(folder: Path, *words: str, at: str, after_s: float = 0.0) -> Interrupted:
    """Ctrl-C when a line on stderr contains ``at``, or so long afterwards."""
    with subprocess.Popen(
        command(*words),
        env=ENVIRONMENT,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stderr is not None
            assert process.stdout is not None
            for line in process.stderr:
                if at in line:
                    break
            time.sleep(after_s)
            children = psutil.Process(process.pid).children(recursive=True)
            os.killpg(process.pid, signal.SIGINT)
            said = process.stdout.read()
            code = process.wait(PROMPTLY_S)
            return Interrupted(code, said, process.stderr.read(), children)
        except BaseException:
            # Else a test that is out of time would wait for it.
            process.kill()
            raise
