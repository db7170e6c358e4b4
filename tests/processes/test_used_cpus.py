"""How many CPUs a contender's calls use: seen in what they do not do themselves, too."""

import subprocess
import sys
from collections.abc import Iterator

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


def computed(child: "subprocess.Popen[str]") -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write("\n")
    child.stdin.flush()
    assert child.stdout.readline() == "done\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lists them")
def test_what_its_processes_use_is_seen_while_they_run(child: "subprocess.Popen[str]") -> None:
    children = worker._children()
    assert child.pid in children
    before_s = worker._used_by([child.pid])
    computed(child)
    assert worker._used_by([child.pid]) - before_s >= SPIN_S


def test_what_they_used_is_seen_once_they_have_ended(child: "subprocess.Popen[str]") -> None:
    before_s = worker._used_by([])
    computed(child)
    child.kill()
    child.wait()
    assert child.pid not in worker._children()
    assert worker._used_by([child.pid]) - before_s >= SPIN_S
