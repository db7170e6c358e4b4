"""A harness killed with -9 leaves no worker, no generator and no raw fetch behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hotloop.base import lifeline
from tests import warm

ROOT = Path(__file__).parents[2]

# Nobody listens on the first port: all would try for 10 s at least.
WORKER = """
from stream.consume import process as consumer
from tests import consumers
child = consumer.start(consumers.job("127.0.0.1:1", "confluent", "t", folder, target=1))
"""
GENERATOR = """
from stream.load import process as producer
from stream.load.job import LoadJob
child = producer.start(
    LoadJob("127.0.0.1:1", 0, ("t",), 1, 100, 10.0, 0.0, 1, {}, str(folder / "sent.npz"))
)
"""
FETCH = """
import os
from stream.measure.limit import Fetch, FetchJob
job = FetchJob("127.0.0.1:1", {}, "t", "g", 1, 100, None)
child = Fetch.launch(job, folder / "fetch.log", os.environ)
"""
HARNESS = """
import sys, time
from pathlib import Path
folder = Path(sys.argv[1])
{start}
print(child.process.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize(
    ("start", "wait_s"),
    [(WORKER, 0.0), (WORKER, 1.0), (GENERATOR, 0.0), (GENERATOR, 1.0), (FETCH, 1.0)],
    ids=["worker at once", "worker", "generator at once", "generator", "fetch"],
)
def test_a_harness_that_is_killed_takes_its_processes_along(
    start: str, wait_s: float, tmp_path: Path
) -> None:
    with warm.taking_orphans():
        harness = subprocess.Popen(
            [sys.executable, "-c", HARNESS.format(start=start), str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        with harness:
            assert harness.stdout is not None
            child = int(harness.stdout.readline())
            time.sleep(wait_s)
            harness.send_signal(signal.SIGKILL)
    # It did not end by itself, as it would in time.
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def test_a_process_whose_parent_is_another_one_ends_at_once() -> None:
    code = f"from hotloop.base import lifeline; lifeline.hold({os.getpid()} + 1); print('alive')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "")


def test_a_process_with_its_parent_lives_on() -> None:
    code = f"from hotloop.base import lifeline; lifeline.hold({os.getpid()}); print('alive')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, lifeline.__name__) == (
        0,
        "alive\n",
        "hotloop.base.lifeline",
    )
