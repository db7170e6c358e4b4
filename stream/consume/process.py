"""A worker as its parent sees it: start it, signal it, and get its report in every case.

The report travels through an unnamed temporary file: no pipe can fill up, and a worker that was
killed simply leaves it empty. stdout and stderr of the worker go into a log that is kept.
"""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hotloop.base.clock import SystemClock
from stream.consume.job import ConsumerReport, Job, failed
from stream.consume.worker import STOP_WITHIN_S
from stream.environment import python, variables

# Interpreter start, imports and exit, on a loaded machine.
SPARE_S = 20.0
LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Consumer:
    """A started worker. ``log``: the output of it and its client."""

    job: Job
    process: subprocess.Popen[str]
    log: Path
    started_ns: int
    _report: IO[str]

    def stop(self) -> None:
        """Ask for a graceful stop (SIGTERM)."""
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once (SIGKILL): nothing more is committed."""
        self.process.kill()

    def wait(self) -> ConsumerReport:
        """Wait until it has ended, at the latest at its own deadline.

        A worker that crashed has a report too, with ``failure``.
        """
        failure = None
        try:
            self.process.wait(self.job.deadline_s + STOP_WITHIN_S + SPARE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            failure = f"{self.job.variant} hung and was killed (see {self.log})"
        with self._report as report:
            report.seek(0)
            text = report.read()
        if text and failure is None:
            return ConsumerReport.from_json(text)
        return failed(self.job, failure or self._ending(), started_ns=self.started_ns)

    def _ending(self) -> str:
        code = self.process.returncode
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return f"{self.job.variant} ended without a report: {how}{last_words(self.log)}"


def last_words(log: Path) -> str:
    """The last line of a process's log, in brackets: the log goes with the folder of the run."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return f" ({said[-1][:LONGEST_WORDS]})" if said else ""


def end(workers: Sequence[Consumer], goodbye_s: float) -> None:
    """End those that still run; first, each may take ``goodbye_s`` to leave its group."""
    running = [worker for worker in workers if worker.process.poll() is None]
    try:
        if goodbye_s:
            for worker in running:
                worker.stop()
            deadline = time.monotonic() + goodbye_s
            for worker in running:
                with suppress(subprocess.TimeoutExpired):
                    worker.process.wait(max(0.0, deadline - time.monotonic()))
    finally:
        for worker in running:
            worker.kill()
            worker.wait()


def start(job: Job, environment: Mapping[str, str] = os.environ) -> Consumer:
    """Start a worker for ``job`` in its data folder, with the allowed part of ``environment``."""
    folder = Path(job.data_dir)
    report = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by wait
    log = folder / "worker.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            python("stream.consume.worker", str(report.fileno()), str(os.getpid())),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            text=True,
            cwd=folder,
            env=variables(environment),
            pass_fds=[report.fileno()],
        )
    started_ns = SystemClock().now_ns()
    with process.stdin:  # type: ignore[union-attr]
        process.stdin.write(job.to_json() + "\n")  # type: ignore[union-attr]
    return Consumer(job, process, log, started_ns, report)
