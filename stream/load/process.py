"""A load generator as its parent sees it: start it, stop it, get its report in every case.

The counterpart of ``stream.consume.process``, with the same report and log.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hotloop.base.errors import MeasurementError
from stream.consume.process import last_words
from stream.environment import python, variables
from stream.load.generator import CONNECT_S, FLUSH_S, LONGEST_FLUSH_S
from stream.load.job import Book, LoadJob, LoadReport

# A generator that falls behind catches up at its own speed. Slower ones are not waited
# for; those that were seen did 100,000/s and more.
SLOWEST_PER_S = 5_000.0
# Interpreter start and imports, on a loaded machine.
SPARE_S = 20.0


@dataclass(frozen=True, slots=True)
class Load:
    """A started generator. ``log``: the output of it and its client."""

    job: LoadJob
    process: subprocess.Popen[str]
    log: Path
    _report: IO[str]

    def stop(self) -> None:
        """Send no more; what was sent is still confirmed and reported."""
        self.process.send_signal(signal.SIGTERM)

    def end(self) -> None:
        """End it at once, if it still runs."""
        self.process.kill()
        self.process.wait()
        self._report.close()

    def wait(self) -> tuple[LoadReport, Book]:
        """Wait until it is over.

        Raises MeasurementError if it failed: without a load there is nothing to measure.
        """
        limit_s = self._limit_s()
        in_time = self._ends_within(limit_s)
        if not in_time:
            self.stop()
            if not self._ends_within(LONGEST_FLUSH_S + SPARE_S):
                self.end()
                raise MeasurementError(f"the load generator hung{last_words(self.log)}")
        with self._report as report:
            report.seek(0)
            text = report.read()
        if not text:
            code = self.process.returncode
            how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with code {code}"
            raise MeasurementError(f"the load generator ended {how}{last_words(self.log)}")
        told = LoadReport.from_json(text)
        if not in_time:
            raise MeasurementError(_too_slow(self.job, told, limit_s))
        return told, Book.read(Path(self.job.book_path))

    def _ends_within(self, limit_s: float) -> bool:
        try:
            self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _limit_s(self) -> float:
        planned_s = self.job.records / self.job.rate_per_s if self.job.rate_per_s else 0.0
        sending_s = max(planned_s, self.job.records / SLOWEST_PER_S)
        return CONNECT_S + self.job.start_in_s + sending_s + FLUSH_S + SPARE_S


def _too_slow(job: LoadJob, told: LoadReport, limit_s: float) -> str:
    said = (
        f"the load generator sent only {told.sent:,} of {job.records:,} records in {limit_s:.0f} s"
    )
    if told.throttled_s:
        said += ": the broker throttles it (a quota); lift that, or"
    else:
        said += ";"
    return f"{said} give fewer --records"


def start(job: LoadJob, environment: Mapping[str, str] = os.environ) -> Load:
    """Start a generator for ``job``; its log is beside its book."""
    report = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by wait or end
    log = Path(job.book_path).with_suffix(".log")
    with log.open("w") as output:
        process = subprocess.Popen(
            python("stream.load.generator", str(report.fileno()), str(os.getpid())),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            text=True,
            cwd=log.parent,
            env=variables(environment),
            pass_fds=[report.fileno()],
        )
    with process.stdin:  # type: ignore[union-attr]
        process.stdin.write(job.to_json() + "\n")  # type: ignore[union-attr]
    return Load(job, process, log, report)
