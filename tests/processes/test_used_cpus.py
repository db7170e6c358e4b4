"""How many CPUs a contender's calls use: seen in what they do not do themselves, too."""

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from hotloop.timing import worker

SPIN_S = 0.05
SPIN = """
import sys, time
print("begun", flush=True)
for _ in sys.stdin:
    end_s = time.process_time() + {seconds}
    while time.process_time() < end_s:
        pass
    print("done", flush=True)
"""


@pytest.fixture
def child() -> Iterator["subprocess.Popen[str]"]:
    """A process that computes for a while at each line that it is sent."""
    program = SPIN.format(seconds=SPIN_S)
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "begun\n"
        yield started
        started.kill()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lists them")
def test_processes_of_its_own_are_seen_and_what_they_use(child: "subprocess.Popen[str]") -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    children = worker._children()
    assert child.pid in children
    before_s = worker._used_s([child.pid])
    own_s = sum(psutil.Process().cpu_times()[:2])
    child.stdin.write("\n")
    child.stdin.flush()
    assert child.stdout.readline() == "done\n"
    own_s = sum(psutil.Process().cpu_times()[:2]) - own_s
    # Our own time is read in hundredths of a second.
    assert worker._used_s([child.pid]) - before_s >= SPIN_S + own_s - 0.03


def test_a_child_that_has_ended_costs_nothing_more(child: "subprocess.Popen[str]") -> None:
    child.kill()
    child.wait()
    assert worker._used_s([child.pid]) >= 0.0
    assert child.pid not in worker._children()
