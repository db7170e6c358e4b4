"""A worker of a pytest suite that is watched instead of timed: what do its tests run?

Collecting the tests counts for all of them: that is what imports conftest files, plugins and the
module, and makes the parameters. Each test then runs once, in a fork, with all its fixtures. What
collects a file may be a fork too, of a process that has imported pytest.
"""

from __future__ import annotations

import contextlib
import functools
from typing import Any, Callable, Iterator  # noqa: UP035  (evaluated by Python 3.8)

from .enough import call_until_nothing_new
from .fingerprints import fingerprints_of_file
from .own import gc, json, os, time
from .pytests.calls import LONG_CALL_S, TestCall, once
from .pytests.suites import Suite
from .pytests.worker import PytestWorker
from .trace import Trace


class WatchedPytestWorker(PytestWorker):
    """Serves what a worker does, and four more commands; watched from its beginning on."""

    without_tests = frozenset({"code_of"})

    def __init__(self, replies: int, inbox: int, outbox: int) -> None:
        super().__init__(replies, inbox, outbox)
        self._end_s = 0.0
        self._trace = Trace()
        self._trace.start()

    def serve(self) -> None:
        """As every worker of a pytest suite; one that is told to begin leaves that to its forks."""
        line = next(self._lines, "")
        if line and json.loads(line)[0] == "begin":
            me = os.getpid()
            while line:
                self._answer(self._reply_of(self._work(line)))
                line = next(self._lines, "")
                if os.getpid() != me:
                    break
        self.serve_from(line)

    def suite_of(self, file: str) -> Suite:
        suite = super().suite_of(file)
        self._trace.call_alike(suite.places, suite.runners, suite.asking)
        return suite

    def take_room(self) -> None:
        """Where objects lie changes nothing that it runs."""

    def handlers(self) -> dict[str, Callable[..., object]]:
        own: dict[str, Callable[..., object]] = {
            "begin": self.begin,
            "load": self.load,
            "trace": self.trace,
            "code_of": fingerprints_of_file,
        }
        return {**super().handlers(), **own}

    def begin(self, suite: str) -> dict[str, Any]:
        """Import pytest, which all of the suite needs, and nothing of its own; what was seen."""
        self.suite_of(suite)
        from .pytests import plugin  # noqa: F401

        return self._report_of_what_lasts()

    def load(self, suite: str, name: str) -> dict[str, Any]:
        """What was seen until the tests were collected."""
        return self._report_of_what_lasts()

    def _report_of_what_lasts(self) -> dict[str, Any]:
        """What was seen; all that there is by now is not looked through again in every fork."""
        report = self._trace.report()
        # PyPy has no such thing.
        with contextlib.suppress(AttributeError):
            gc.freeze()
        return report

    def trace(self, suite: str, name: str, timed: bool, enough_s: float) -> dict[str, Any]:
        """Run the test, with several calls of what it measures; what was seen of it."""
        self._trace.begin_benchmark()
        self._end_s = time.perf_counter() + enough_s
        self.prepare(suite, name, timed, 0.0, False, False)
        return self._trace.report()

    @contextlib.contextmanager
    def untraced(self) -> Iterator[None]:
        """Its own tracer goes on."""
        yield

    def costs(self, call: TestCall) -> dict[str, Any]:
        """Call until that runs nothing new; how long the first call took."""
        first = once(call.result) if call.may_be_single else call
        self._call = first
        first_s = first.sample(call.number or 1, 1, time.perf_counter)
        if first_s >= LONG_CALL_S and not call.firsts():
            call.keep_results()
        if call.may_be_single:
            # The whole of a test need not bear a second call.
            with contextlib.suppress(BaseException):
                self._call_again(call)
        else:
            self._call_again(call)
        return {"first_s": first_s / (call.number or 1)}

    def sampled(self, costs: dict[str, Any]) -> list[float]:
        """The test goes on as if that were its figures."""
        self._is_measured = True
        self._stage = "the test"
        return [costs["first_s"]]

    def _call_again(self, call: TestCall) -> None:
        sample = functools.partial(call.sample, call.number or 1, 1, time.perf_counter)
        call_until_nothing_new(self._trace, sample, self._end_s, call.most_blocks, made=1)


WORKER = WatchedPytestWorker
