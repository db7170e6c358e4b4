"""What a rung does in a process of its own: the memory that it takes, and that Ctrl-C ends it.

One process for both: what is compiled at run time is compiled once.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import psutil
import pytest

from implementations.problems import WINDOW, Problem
from implementations.registry import LADDER
from tests.oracle import alone, escape_time, variants

TELLS_A_CALLS_PEAK = os.access("/proc/self/clear_refs", os.W_OK)

# The answer and so much more; numpy's idea is to hold every step's arrays.
BESIDE_THE_ANSWER_BYTES = 10_000_000
IN_PLACE = [variant.name for variant in LADDER if variant.name != "numpy"]

OUTSIDE = (1000, 1000, 5, (1.0, 3.0, 0.5, 2.5))
THE_SET = (1000, 1000, 50, WINDOW)
# After it all is compiled and threads have started.
FIRST = (300, 300, 50, WINDOW)
FIRST_IN_PYTHON = (30, 30, 5, WINDOW)
# THE_SET would take them a minute.
PIXEL_BY_PIXEL_IN_PYTHON = ("python", "hybrid", "floats")

# These leave the interpreter for long, and so have to look for Ctrl-C themselves.
RECIPES_OWN = (*PIXEL_BY_PIXEL_IN_PYTHON, "cython", "numba")
LONG_LOOPS = [name for name in IN_PLACE if name not in RECIPES_OWN]

# Many points, long points.
LONG_CALLS = [(2_000_000, 1, 1_000_000), (1_200, 1, 10_000_000)]
"""Each takes minutes on one core, where orbits wander forever and do not return."""
WANDERING = (-1.99, -1.9, 0.0, 1.0)

# Half a second is promised on a core of one's own; a machine busy with tests gets more.
ANSWERED_WITHIN_S = 30.0
# So much CPU time of the process is well within the call, on a busy machine too.
WELL_WITHIN_THE_CALL_S = 0.03

# After an interrupted one.
SHORT = Problem(30, 20, 50)

# numba has no way out of compiled code: it cannot break off a point. Skipping ends this one soon.
ONE_POINT = (1, 1, 2**31 - 1)
BREAKS_OFF_A_POINT = ("memoryview", "threads", "lanes")


@dataclass(frozen=True)
class Lone:
    """A process that has told what a call took, and goes on to calls that take minutes."""

    process: "subprocess.Popen[str]"
    took_bytes: int | None
    long_calls: list[tuple[int, int, int]]


@pytest.fixture(scope="module")
def lone(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lone]:
    name: str = request.param
    kept = variants.compiled_in(tmp_path_factory)
    in_python = name in PIXEL_BY_PIXEL_IN_PYTHON
    first, then = (FIRST_IN_PYTHON, OUTSIDE) if in_python else (FIRST, THE_SET)
    calls = [*LONG_CALLS, *([ONE_POINT] if name in BREAKS_OFF_A_POINT else [])]
    jobs = [
        *([("kept_in", str(kept))] if name.startswith("numba") else []),
        *([("takes", name, first, then)] if TELLS_A_CALLS_PEAK else []),
        *([("interrupted", name, calls, WANDERING)] if name in LONG_LOOPS else []),
    ]
    with alone.started(*jobs) as process:
        try:
            assert process.stdout is not None
            took_bytes = int(process.stdout.readline()) if TELLS_A_CALLS_PEAK else None
            yield Lone(process, took_bytes, calls)
        finally:
            process.kill()


# Those of the next test first, in the same order: pytest knows by the place that it is the same.
@pytest.mark.parametrize(
    "lone",
    [
        *LONG_LOOPS,
        *(
            pytest.param(
                name,
                # They go through the pixels as floats does.
                marks=pytest.mark.thorough("test_a_rung_takes_its_answers_memory_and_little_more")
                if name in ("python", "hybrid")
                else (),
            )
            for name in IN_PLACE
            if name not in LONG_LOOPS
        ),
    ],
    indirect=True,
)
@pytest.mark.skipif(not TELLS_A_CALLS_PEAK, reason="only Linux tells a call's peak")
def test_a_rung_takes_its_answers_memory_and_little_more(lone: Lone) -> None:
    assert lone.took_bytes is not None
    assert lone.took_bytes <= BESIDE_THE_ANSWER_BYTES


@pytest.mark.parametrize("lone", LONG_LOOPS, indirect=True)
def test_ctrl_c_ends_a_long_call_and_leaves_the_variant_usable(lone: Lone) -> None:
    process = lone.process
    assert process.stdout is not None
    watchdog = threading.Timer(ANSWERED_WITHIN_S * len(lone.long_calls), process.kill)
    watchdog.start()
    try:
        for call in lone.long_calls:
            assert process.stdout.readline() == "computing\n"
            await_use(process, WELL_WITHIN_THE_CALL_S)
            process.send_signal(signal.SIGINT)
            said = process.stdout.readline()
            assert said == f"interrupted {escape_time.heights(SHORT).sum()}\n", call
    finally:
        watchdog.cancel()


def await_use(process: "subprocess.Popen[str]", seconds: float) -> None:
    """Wait until the process has computed for so long from now, or is not there any more."""
    with suppress(psutil.NoSuchProcess):
        computing = psutil.Process(process.pid)
        enough_s = sum(computing.cpu_times()[:2]) + seconds
        while computing.status() != psutil.STATUS_ZOMBIE:
            if sum(computing.cpu_times()[:2]) >= enough_s:
                return
            time.sleep(0.005)
