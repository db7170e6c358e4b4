"""A harness that is killed in the middle of a run leaves no process behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stream.kafka.running import Broker

pytestmark = pytest.mark.broker

PATIENCE_S = 60.0
LOOK_S = 0.05


def children_of(pid: int) -> dict[int, str]:
    """The processes that ``pid`` started and that still run, with their command lines."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if parent == pid:
            found[int(folder.name)] = words
    return found


def await_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_S)
    return True


# The harness that is killed there has only one of these processes.
@pytest.mark.thorough(
    "processes/test_lifeline.py::test_a_harness_that_is_killed_takes_its_processes_along"
)
def test_a_harness_killed_while_it_fetches_leaves_no_child(broker: Broker) -> None:
    words = ["stream", "aiokafka", "--records", "20000", "--bootstrap", broker.bootstrap]
    harness = subprocess.Popen(
        [sys.executable, "-m", "hotloop", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    caught: dict[int, str] = {}

    def is_fetching() -> bool:
        caught.update(children_of(harness.pid))
        return any("stream.measure.limit" in words for words in caught.values())

    try:
        assert await_true(is_fetching)
    finally:
        harness.send_signal(signal.SIGKILL)
        harness.wait()
    assert await_true(lambda: not any(Path(f"/proc/{pid}").exists() for pid in caught))
