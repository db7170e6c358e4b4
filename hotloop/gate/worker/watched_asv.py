"""A worker of an asv suite that is watched instead of timed: what do its benchmarks run?"""

from __future__ import annotations

import contextlib
import functools
import inspect
from typing import Any, Callable  # noqa: UP035  (evaluated by Python 3.8)

from .asv import AsvWorker
from .calls import call_of
from .enough import call_until_nothing_new
from .find import NotHere, find
from .fingerprints import fingerprints_of_file
from .own import gc, os, time
from .trace import Trace

# If there is time, all of it happens in two set-ups.
SET_UPS = 2


class WatchedAsvWorker(AsvWorker):
    """Serves what a worker does, and five more commands; watched from its beginning on."""

    def __init__(self, replies: int, inbox: int, outbox: int) -> None:
        super().__init__(replies, inbox, outbox)
        self._trace = Trace([f"{os.sep}asv_runner{os.sep}"])
        self._trace.start()

    def handlers(self) -> dict[str, Callable[..., object]]:
        own: dict[str, Callable[..., object]] = {
            "begin": self.begin,
            "load": self.load,
            "trace": self.trace,
            "seen": self.seen,
            "code_of": fingerprints_of_file,
        }
        return {**super().handlers(), **own}

    def begin(self, suite: str) -> dict[str, Any]:
        """Import what every benchmark needs; what was seen of it."""
        import asv_runner.discovery  # noqa: F401

        # asv_runner reads each benchmark's source: the expressions that tell its words apart are
        # compiled once, not in every fork, where that is most of the work.
        inspect.getsource(call_of)
        report = self._trace.report()
        # What lasts is not looked through once more in every fork. PyPy has no such thing.
        with contextlib.suppress(AttributeError):
            gc.freeze()
        return report

    def load_for_forks(self, suite: str, name: str) -> None:
        """Import what ``name`` needs, also for later forks; nothing if there is no name."""
        if name:
            super().load_for_forks(suite, name)

    def load(self, suite: str, name: str) -> dict[str, Any]:
        """Import what ``name`` needs; what was seen of it."""
        self._stage = "import"
        # Another benchmark of the module may be there.
        with contextlib.suppress(NotHere):
            find(suite, name, with_parameters=False)
        return self._trace.report()

    def trace(self, suite: str, name: str, timed: bool, enough_s: float) -> dict[str, Any]:
        """Set up, call, tear down; what was seen of it.

        Calls go on until they run nothing new, or for ``enough_s``.
        """
        self._load(suite, name, timed)
        self._trace.begin_benchmark()
        end_s = time.perf_counter() + enough_s
        for number in range(SET_UPS):
            if number and time.perf_counter() > end_s:
                break
            self._set_up()
            self._stage = "the call"
            if timed:
                call = call_of(self._benchmark)
                sample = functools.partial(call.sample, 1, 1, time.perf_counter)
                call_until_nothing_new(self._trace, sample, end_s)
            else:
                self._benchmark.do_run()
            self._tear_down()
            self._thrown_away.refuse()
        if self._benchmark.type in ("memory", "peakmemory"):
            self._trace.count_all_modules_whole()
        return self._trace.report()

    def seen(self) -> dict[str, Any]:
        """What was seen since it was last told."""
        return self._trace.report()


WORKER = WatchedAsvWorker
