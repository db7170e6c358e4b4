"""A worker as its parent sees it: start it, signal it, and get its report in every case."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hotloop.base.errors import MeasurementError
from stream.child import SPARE_S, Child
from stream.cluster.place import Place
from stream.cluster.security import Security
from stream.consume.advice import advised
from stream.consume.job import ConsumerReport, Job, failed
from stream.consume.worker import STOP_WITHIN_S


@dataclass(frozen=True, slots=True)
class Consumer(Child[Job]):
    """A started worker. One that is killed commits nothing more."""

    module = "stream.consume.worker"

    def wait(self) -> ConsumerReport:
        """Wait until it has ended, at the latest at its own deadline.

        A worker that crashed has a report too, with ``failure``.
        """
        in_time = self.ends_within(self.job.deadline_s + STOP_WITHIN_S + SPARE_S)
        if not in_time:
            self.kill()
            self.process.wait()
        told = self.told()
        if told and in_time:
            return self._explained(ConsumerReport.from_json(told))
        how = self.obituary() if in_time else f"hung and was killed (see {self.log})"
        return failed(self.job, f"{self.job.variant} {how}", started_ns=self.started_ns)

    def last_words(self) -> str:
        """In brackets, or nothing; without secrets."""
        # Named: with slots, a dataclass is not the class that super() looks for.
        return Security(self.job.login).without_secrets(Child.last_words(self))

    def _explained(self, report: ConsumerReport) -> ConsumerReport:
        """With the last words of a client that saw nothing and raised nothing, and with advice."""
        if report.failure is None:
            return report
        is_mute = not report.raised and not report.seen
        said = f"{report.failure}{self.last_words() if is_mute else ''}"
        return replace(report, failure=advised(said))


def await_members(
    place: Place, group: str, members: int, limit_s: float, workers: Sequence[Consumer]
) -> None:
    """Wait until the group has its members (``Place.await_members``), or a worker has ended.

    Raises MeasurementError after ``limit_s``, with the last words of a worker.
    """
    try:
        place.await_members(group, members, limit_s, lambda: all(one.runs for one in workers))
    except MeasurementError as error:
        # Of several, one that speaks of an error.
        said = max(
            (one.last_words() for one in workers), key=lambda words: "rror" in words, default=""
        )
        raise MeasurementError(advised(f"{error}{said}")) from None


def end(workers: Sequence[Consumer], goodbye_s: float) -> None:
    """End those that still run; each may take ``goodbye_s`` to leave its group before."""
    running = [worker for worker in workers if worker.runs]
    try:
        if goodbye_s:
            for worker in running:
                worker.stop()
            deadline = time.monotonic() + goodbye_s
            for worker in running:
                worker.ends_within(max(0.0, deadline - time.monotonic()))
    finally:
        for worker in running:
            worker.end()


def start(job: Job, environment: Mapping[str, str] = os.environ) -> Consumer:
    """Start a worker for ``job`` in its data folder, with the allowed part of ``environment``."""
    return Consumer.launch(job, Path(job.data_dir) / "worker.log", environment)
