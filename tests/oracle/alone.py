"""What variants do in a process of their own: ``python -c PROGRAM JOB ...``.

A job is a list: ``kept_in``, ``takes`` or ``interrupted``, and its arguments.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from implementations.problems import WINDOW
from implementations.registry import load

PROGRAM = "from tests.oracle.alone import main; main()"
ROOT = Path(__file__).parents[2]


def started(*jobs: Sequence[object]) -> "subprocess.Popen[str]":
    """Such a process, whose output is text."""
    # The process itself needs nothing of it.
    from tests import warm

    path = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    return warm.Popen(
        [sys.executable, "-c", PROGRAM, *map(json.dumps, jobs)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def interrupted(name: str, problems: Sequence[Sequence[int]], window: Sequence[float]) -> None:
    """Compute each problem until Ctrl-C, and then a short one."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    compute_mandel = load(name)
    compute_mandel(300, 300, 50, WINDOW)  # compiled, its threads started
    for problem in problems:
        try:
            print("computing", flush=True)
            compute_mandel(*problem, window)
        except KeyboardInterrupt:
            # And the next call is as good as the first.
            print("interrupted", compute_mandel(30, 20, 50).sum(), flush=True)


def takes(name: str, first: Sequence[Any], problem: Sequence[Any]) -> None:
    """Tell the bytes of memory that one call took beside its answer, at its peak.

    The peak of this call alone: Linux starts to count anew where 5 is written to clear_refs.
    """
    compute_mandel = load(name)
    compute_mandel(*first)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before_bytes = _resident_bytes("VmRSS")
    answer = compute_mandel(*problem)
    print(_resident_bytes("VmHWM") - before_bytes - answer.nbytes, flush=True)


def kept_in(folder: str) -> None:
    """Compile into this folder, and only what is not there yet."""
    from tests.oracle import compiled

    compiled.kept_in(Path(folder))


def _resident_bytes(field: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"{field}:\s+(\d+) kB", status)
    assert found is not None
    return 1024 * int(found[1])


def main() -> None:
    """Do what the arguments name, one after the other."""
    jobs: dict[str, Callable[..., None]] = {
        "interrupted": interrupted,
        "kept_in": kept_in,
        "takes": takes,
    }
    for what, *arguments in map(json.loads, sys.argv[1:]):
        jobs[what](*arguments)
