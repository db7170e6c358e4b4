"""A load generator as its parent sees it: start it, stop it, get what it sent."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import MeasurementError
from stream.child import SPARE_S, Child
from stream.load.generator import CONNECT_S, FLUSH_S, LONGEST_FLUSH_S
from stream.load.job import Book, LoadJob, LoadReport

# A generator that falls behind catches up at its own speed. Slower ones are not waited
# for; those that were seen did 100,000/s and more.
SLOWEST_PER_S = 5_000.0


@dataclass(frozen=True, slots=True)
class Load(Child[LoadJob]):
    """A started generator. One that is stopped sends no more, and reports what it has sent."""

    module = "stream.load.generator"

    def wait(self) -> tuple[LoadReport, Book]:
        """Wait until it is over.

        Raises MeasurementError if it failed: without a load there is nothing to measure.
        """
        limit_s = self._limit_s()
        in_time = self.ends_within(limit_s)
        if not in_time:
            self.stop()
            if not self.ends_within(LONGEST_FLUSH_S + SPARE_S):
                self.end()
                raise MeasurementError(f"the load generator hung{self.last_words()}")
        told = self.told()
        if not told:
            raise MeasurementError(f"the load generator {self.obituary()}")
        report = LoadReport.from_json(told)
        if not in_time:
            raise MeasurementError(_too_slow(self.job, report, limit_s))
        return report, Book.read(Path(self.job.book_path))

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
    return Load.launch(job, Path(job.book_path).with_suffix(".log"), environment)
