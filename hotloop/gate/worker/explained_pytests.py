"""A worker of a pytest suite for explanations."""

from __future__ import annotations

from typing import Callable  # noqa: UP035  (evaluated by Python 3.8)

from .calls import Call
from .explained import Explained
from .pytests.worker import PytestWorker


class ExplainedPytestWorker(Explained, PytestWorker):
    """Profiles what it would time."""

    def take(self, calls: int, clock: Callable[[], float], firsts: bool) -> None:
        """One sample of so many calls, or one of the test's own rounds."""
        assert self._call is not None
        self._call.sample(self._call.number or calls, 1, clock)

    def made(self) -> Call | None:
        # Who may be called only once has been.
        call = self._call
        return None if call is None or call.firsts() else call


WORKER = ExplainedPytestWorker
