"""A worker's own life, without a broker: whatever happens to it, there is a report."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from stream.consume import process as consumer
from stream.consume.job import ConsumerReport
from stream.environment import PACKAGE_ROOT
from tests import consumers
from tests.surroundings import set_trap, was_run

# Nobody listens on the first port; connections are refused at once.
NOBODY = "127.0.0.1:1"
QUICK_S = 2.0

# What a client's full collection would walk, said where a worker writes its book.
LOOK = """
import gc
from stream.consume import sink

close = sink.Sink.close

def looking(self):
    walked = gc.get_objects()
    for book in (self._ids, self._stamps):
        if any(each is book for each in walked):
            raise RuntimeError("the book is walked")
    return close(self)

sink.Sink.close = looking
"""


def report_of(variant: str, folder: Path, *, deadline_s: float = 60.0) -> ConsumerReport:
    job = consumers.job(NOBODY, variant, "t", folder, target=1, deadline_s=deadline_s)
    return consumer.start(job).wait()


def test_a_variant_that_does_not_exist_is_a_failure_in_one_sentence(tmp_path: Path) -> None:
    report = report_of("fuast", tmp_path)
    assert report.failure is not None
    assert report.failure.startswith("there is no stream variant 'fuast': did you mean faust")
    assert (report.count, report.seen, report.signalled) == (0, 0, False)


def test_a_client_that_raises_costs_its_own_report_with_the_reason(tmp_path: Path) -> None:
    report = report_of("aiokafka", tmp_path)
    assert report.failure is not None
    assert report.failure.startswith("aiokafka failed: KafkaConnectionError")


def test_a_worker_imports_nothing_from_the_folder_in_which_it_runs(tmp_path: Path) -> None:
    job = consumers.job(NOBODY, "fuast", "t", tmp_path, target=1)
    set_trap(Path(job.data_dir))
    report = consumer.start(job).wait()
    assert "did you mean faust" in str(report.failure)
    assert was_run(Path(job.data_dir)) == []


def test_a_worker_that_cannot_reach_its_broker_ends_at_the_deadline(tmp_path: Path) -> None:
    report = report_of("confluent", tmp_path, deadline_s=QUICK_S)
    assert report.failure is not None
    assert report.failure.startswith(f"confluent saw 0 records of 1 in {QUICK_S:g} s (")
    # Only its log knew.
    assert "Connection refused" in report.failure


def test_a_worker_that_ends_without_a_report_leaves_its_last_words(tmp_path: Path) -> None:
    words = "import os; os.write(2, b'no luck'); os._exit(1)"
    tmp_path.joinpath("sitecustomize.py").write_text(words)
    job = consumers.job(NOBODY, "confluent", "t", tmp_path, target=1)
    report = consumer.start(job, os.environ | {"PYTHONPATH": str(tmp_path)}).wait()
    assert report.failure == "confluent ended without a report: exit code 1 (no luck)"


def test_a_full_collection_of_a_client_does_not_walk_the_book(tmp_path: Path) -> None:
    tmp_path.joinpath("sitecustomize.py").write_text(LOOK)
    job = consumers.job(NOBODY, "aiokafka", "t", tmp_path, target=1)
    report = consumer.start(job, os.environ | {"PYTHONPATH": str(tmp_path)}).wait()
    assert report.failure is not None
    assert report.failure.startswith("aiokafka failed: KafkaConnectionError")


def test_a_killed_worker_has_a_report_too(tmp_path: Path) -> None:
    worker = consumer.start(consumers.job(NOBODY, "confluent", "t", tmp_path, target=1))
    worker.kill()
    report = worker.wait()
    assert report.failure is not None
    assert report.failure.startswith("confluent ended without a report: killed by SIGKILL")


def test_a_worker_that_is_told_to_stop_says_so_and_does_not_fail(tmp_path: Path) -> None:
    job = consumers.job(NOBODY, "confluent", "t", tmp_path, target=1)
    worker = consumer.start(job)
    wait_for_subscription(worker)
    worker.stop()
    report = worker.wait()
    assert (report.failure, report.signalled, report.seen) == (None, True, 0)
    assert worker.process.returncode == 0


@pytest.mark.parametrize("variant", ["aiokafka", "fuast"])
def test_a_failed_worker_has_the_exit_code_of_what_could_not_be_measured(
    variant: str, tmp_path: Path
) -> None:
    worker = consumer.start(consumers.job(NOBODY, variant, "t", tmp_path, target=1))
    worker.wait()
    assert worker.process.returncode == MeasurementError.exit_code


def environment_of(pid: int) -> str:
    """What the system says, which is nothing for a moment in which a program is being loaded."""
    deadline_s = time.monotonic() + consumers.DEADLINE_S
    while not (found := Path(f"/proc/{pid}/environ").read_text()):
        assert time.monotonic() < deadline_s
    return found


def test_a_broken_variable_of_the_shell_does_not_reach_a_worker(tmp_path: Path) -> None:
    job = consumers.job(NOBODY, "confluent", "t", tmp_path, target=1)
    worker = consumer.start(job, os.environ | {"BROKER_URL": "kafka://elsewhere:9092"})
    environment = environment_of(worker.process.pid)
    worker.kill()
    worker.wait()
    assert "PATH=" in environment
    assert "BROKER_URL" not in environment


def test_the_recipe_without_a_broker_says_so_in_one_sentence(tmp_path: Path) -> None:
    address = f"kafka://me:hunter2@{NOBODY}"
    done = subprocess.run(
        [sys.executable, "-m", "stream.app", "worker"],
        env=os.environ | {"BROKER_URL": address, "HOTLOOP_STATE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        cwd=PACKAGE_ROOT,
    )
    assert done.returncode == MeasurementError.exit_code
    assert done.stderr == (
        f"hotloop: cannot reach Kafka at kafka://{NOBODY} (Connection refused): start one with "
        "hotloop broker run, or name yours in BROKER_URL=kafka://HOST:PORT\n"
    )


def wait_for_subscription(worker: consumer.Consumer) -> None:
    """Wait until librdkafka complains in the log that nobody listens, hence until it polls."""
    deadline = time.monotonic() + consumers.DEADLINE_S
    while "Connection refused" not in worker.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
