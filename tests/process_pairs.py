"""Process pairs of the gate, without its builds: both sides in one bare Python like this."""

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from hotloop.gate.model import Benchmark, Contender, Ending, Kind, Pair, Revision, Side
from hotloop.gate.pairs import slices
from hotloop.gate.pairs.lanes import lanes_on
from hotloop.gate.pairs.pairs import ProcessPairs
from tests import tiny_project, warm
from tests.environments import bare_python

# Linux does, where it is built so.
LISTED = Path(f"/proc/self/task/{os.getpid()}/children").exists()
CAN_PIN = lanes_on(2)[0].cpu is not None
# What takes milliseconds, on a machine that has stalled.
SOON_S = 60.0
KINDS = {
    "time": Kind.TIME,
    "timeraw": Kind.TIMERAW,
    "mem": Kind.MEMORY,
    "peakmem": Kind.PEAK_MEMORY,
    "track": Kind.TRACK,
}


# Seconds of samples in place of those of a run, for tests of what happens and not of figures.
BRIEF = {
    "PAIR_S": 0.02,
    "LONGEST_PAIR_S": 0.05,
    "SHARED_PAIR_S": 0.02,
    "LONGEST_SHARED_PAIR_S": 0.04,
    "PARALLEL_SLICE_S": 0.02,
    # Several copies, though fewer than in a longer pair.
    "DEAL_S": 7e-3,
}


def measure_briefly(patch: pytest.MonkeyPatch) -> None:
    """Pairs of the driver in this process have few samples."""
    for name, seconds in BRIEF.items():
        patch.setattr(slices, name, seconds)


def start_slowly(patch: pytest.MonkeyPatch) -> None:
    """Where one side is to hang, the other has longer than a run would give it to get ready."""
    patch.setattr("hotloop.gate.pairs.pair.START_LIMIT_S", 5.0)


def copy_always(patch: pytest.MonkeyPatch) -> None:
    """Two rounds in each copy, also where a slow machine would make none beside set-ups."""
    patch.setattr(
        "hotloop.gate.pairs.common.agree", lambda *both: replace(slices.agree(*both), deal=2)
    )


def suite_at(folder: Path, **modules: str) -> Path:
    """A suite of these modules (name -> source); its folder."""
    files = {f"{name}.py": source for name, source in ({"__init__": ""} | modules).items()}
    tiny_project.write(folder, files)
    return folder


def contender(side: Side, suite: Path, **variables: str) -> Contender:
    given = tuple(variables.items())
    revision = Revision("c" * 40, "name", "subject")
    return Contender(side, revision, "existing", bare_python(), suite, given)


def executor(suite: Path, notes: Path, python: Path | None = None) -> ProcessPairs:
    base, head = (
        Contender(
            side,
            Revision("0" * 40, side.value, "Do nothing"),
            "here",
            python if python is not None and side is Side.HEAD else bare_python(),
            suite,
            (("SIDE", side.value), ("NOTES", str(notes))),
        )
        for side in (Side.BASE, Side.HEAD)
    )
    return ProcessPairs(base, head, lanes_on(2))


# What ran before a test began: a broker of other tests, say.
_others: set[psutil.Process] = set()


def know_others() -> None:
    """Call it before the first worker starts."""
    warm.nursery()
    _others.clear()
    _others.update(_below(os.getpid()))


def started() -> set[psutil.Process]:
    """What this test started, until it is reaped."""
    return _below(os.getpid()) - _others


def _below(pid: int) -> set[psutil.Process]:
    """What a process has started, but for what starts servers, and what those have started."""
    found: set[psutil.Process] = set()
    for child in _children(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            found |= {psutil.Process(child)} | _below(child)
    return found


def _children(pid: int) -> list[int]:
    """Where the system lists them, that takes a tenth of a look at all processes that there are."""
    found: list[int] = []
    if LISTED:
        for file in Path(f"/proc/{pid}/task").glob("*/children"):
            # A thread may end meanwhile.
            with contextlib.suppress(OSError):
                found += map(int, file.read_text().split())
    else:
        found = [child.pid for child in psutil.Process(pid).children()]
    return [each for each in found if each != warm.nursery().pid]


def workers() -> list[psutil.Process]:
    """What this test started and still runs; who is dead is reaped at the end of the run."""
    return [process for process in started() if alive(process.pid)]


def bench(
    name: str, combination: int | None = None, timeout_s: float = 30.0, cache: str | None = None
) -> Benchmark:
    kind = KINDS[name.rpartition(".")[2].partition("_")[0]]
    return Benchmark(name, (), combination, kind, "", timeout_s, cache, timeout_s)


def measured(pairs: ProcessPairs, benchmark: Benchmark, seed: int = 1) -> Pair:
    pair = pairs.measure(0, benchmark, seed)
    # The servers of the lane wait for the next one; who was killed takes a moment.
    eventually(lambda: len(workers()) in (0, 2))
    return pair


def ratio(pair: Pair) -> float:
    assert pair.base_trouble is None, pair.base_trouble
    assert pair.head_trouble is None, pair.head_trouble
    assert pair.log_ratio is not None
    return pair.log_ratio


def head_trouble(pair: Pair) -> tuple[Ending, str]:
    assert pair.base_trouble is None, pair.base_trouble
    assert pair.head_trouble is not None
    assert "\n" not in pair.head_trouble.message
    return pair.head_trouble.ending, pair.head_trouble.message


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
