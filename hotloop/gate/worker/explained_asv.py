"""A worker of an asv suite for explanations."""

from __future__ import annotations

from typing import Callable  # noqa: UP035  (evaluated by Python 3.8)

from .asv import AsvWorker
from .calls import Call, call_of
from .explained import Explained


class ExplainedAsvWorker(Explained, AsvWorker):
    """Profiles what it would time."""

    def take(self, calls: int, clock: Callable[[], float], firsts: bool) -> None:
        """One sample of so many calls; of first calls, what asv would time of them."""
        if not firsts:
            assert self._call is not None
            self._call.sample(self._call.number or calls, 1, clock)
            return
        self._set_up()
        self._stage = "the call"
        call = call_of(self._benchmark)
        call.sample(call.number, call.blocks_of_a_sample, clock)
        self._tear_down()

    def made(self) -> Call | None:
        return self._call


WORKER = ExplainedAsvWorker
