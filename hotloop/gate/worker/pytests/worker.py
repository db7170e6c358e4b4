"""One test of a pytest suite in this process, which waits for its turns inside ``benchmark(f)``.

    driver     prepare           run    run    finish
                  |               |      |       |
    worker     protocol: fixtures, test ... benchmark(f) ... asserts, teardown
                                      `- answers prepare, run, run; then goes on

Tests are collected once, in a server. Its forks run one test each.
"""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import sys
from pathlib import Path
from typing import Any, Callable, Iterator, NoReturn, Sequence  # noqa: UP035  (evaluated by Python 3.8)

from ..calls import BadTimer, median
from ..copies import in_a_copy
from ..find import NotHere
from ..own import json, os
from ..process import end_if_forked, flush_output
from ..room import take_all, take_blocks
from ..serve import Worker
from ..skips import Skipped
from ..undone import NeverRan
from .calls import TestCall, can_be_copied, log_of_this_process
from .costs import Asked, costs_of
from .suites import Suite, begin, identities, last_error, reason_of_skip, seed
from .which import in_its_place, must_call

CALLED_TWICE = "the test calls benchmark twice: a test has one; make two tests of it"
NEVER_CALLED = "the test passed without calling benchmark"
IN_ITS_PLACE = (
    "its fixture `benchmark` is another one, of {}: the gate times what is given to "
    "pytest-benchmark's, to pytest-codspeed's, or without these to its own"
)
ELSEWHERE = "benchmark was called in another process than the test's"
PHASES = {"setup": "a fixture", "call": "the test", "teardown": "a fixture's end"}


class TestFailed(Exception):
    """The test did not pass; the message says how."""


# Their messages need no word about where they were raised.
OURS = (TestFailed, NeverRan, BadTimer)


class PytestWorker(Worker):
    """Runs one test; ``measure`` is what its ``benchmark`` calls."""

    # Commands that are about no test.
    without_tests: frozenset[str] = frozenset()

    def __init__(self, replies: int, inbox: int, outbox: int) -> None:
        super().__init__(replies, inbox, outbox)
        self._items: dict[str, Any] = {}
        self._failures: dict[str, str] = {}
        self._skips: dict[str, str] = {}
        self._first_line = ""
        self._log = log_of_this_process()
        self._owes_an_answer = False
        self._asked = Asked()
        self._call: TestCall | None = None
        self._is_measured = False
        self._call_failed: BaseException | None = None
        self._durations: list[float] = []
        self._troubles: list[Exception] = []
        self._runs_again = False
        self._room: list[list[object]] | None = None

    def serve(self) -> None:
        """Collect the tests that the first command is about, and answer.

        A process that will be forked for others too collects their files as well.
        """
        self.serve_from(next(self._lines, ""))

    def serve_from(self, line: str) -> None:
        """Answer the command ``line``, and those after it."""
        self._first_line = line
        if not self._first_line:
            return
        self._thrown_away.watch()
        command, arguments = json.loads(self._first_line)
        if command in self.without_tests:
            self._answer_all()
            return
        wanted = json.loads(arguments["name"])
        files = sorted({wanted["file"], *arguments.get("files", ())})
        scratch = os.getcwd()
        begin(scratch)
        self._stage = "collecting the tests"
        try:
            from .plugin import RunningPlugin, run

            suite = self.suite_of(arguments["suite"])
            plugin = RunningPlugin(self, scratch)
            self._failures, self._skips = plugin.failures, plugin.skips
            code = run(plugin, suite.folder, suite.arguments, files, scratch)
            why = self._last_error() or f"pytest ended with {code}"
            for file in files:
                self._failures.setdefault(file, why)
        except BaseException as error:
            end_if_forked(self._pid)
            for file in files:
                self._failures[file] = f"{type(error).__name__}: {error}"
        # pytest has not come to its tests: there is none to run.
        self._answer_all()

    def suite_of(self, file: str) -> Suite:
        """Where the suite lies, before anything of it is imported."""
        return Suite(file)

    def collected(self, session: Any) -> NoReturn:
        """What pytest calls in place of running the tests."""
        self._items = dict(identities(session.items))
        self.take_room()
        self._answer_all()
        os._exit(0)

    def fork(
        self, suite: str, name: str, folder: str, log: str, files: Sequence[str] = ()
    ) -> dict[str, int]:
        """As every worker; but not if there is no test at all, which one of several files may do.

        A conftest.py beside it that cannot be imported ends pytest, for the other files too.
        """
        if not self._items and len(files) > 1:
            return {"tests": 0}
        return super().fork(suite, name, folder, log, files)

    def take_room(self) -> None:
        """Let new objects lie alike on both sides, whatever was done on each so far."""
        if self._room is None:
            self._room = take_all()
        elif self._room:
            self._room += take_blocks()

    def load_for_forks(self, suite: str, name: str) -> None:
        """All is loaded when the tests are collected."""

    def begin_in(self, folder: str) -> None:
        """Stay in the checkout; tests' temporary folders lie in ``folder``."""
        os.environ["PYTEST_DEBUG_TEMPROOT"] = folder

    def prepare(
        self,
        suite: str,
        name: str,
        timed: bool,
        known_block_s: float,
        starts_warm: bool,
        firsts: bool,
    ) -> object:
        """Run the test; ``measure`` answers this command, and this the command to finish."""
        wanted = json.loads(name)
        item = self._item(wanted["name"], wanted["file"])
        self._asked = Asked(known_block_s, starts_warm, firsts)
        self._thrown_away.forget()
        seed()
        self._stage = "the test"
        # The message is enough, and pytest reads the sources of all frames for more.
        item.config.option.tbstyle = "line"
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        end_if_forked(self._pid)
        failed = [error for error in self._troubles if not isinstance(error, Skipped)]
        for error in (*failed, *self._troubles):
            raise error
        if not self._is_measured:
            raise self._not_measured(item)
        return {}

    def measure(self, call: TestCall) -> list[float]:
        """Sample ``call`` as often as the driver says; seconds a call of each sample.

        Raises what ``call`` raises, TestFailed if it is not for this process to call it.
        """
        if os.getpid() != self._pid:
            raise TestFailed(ELSEWHERE)
        runs_again, self._runs_again = self._runs_again, False
        if self._call is not None and not runs_again:
            raise TestFailed(CALLED_TWICE)
        if self._is_measured:
            self._call = call
            return self._durations
        # It is for tests that hang, which the driver ends.
        faulthandler.cancel_dump_traceback_later()
        self._stage = "the call"
        self._call = call
        self.take_room()
        with self.untraced():
            try:
                costs = self.costs(call)
                self._thrown_away.refuse()
            except BaseException as error:
                end_if_forked(self._pid)
                self._call_failed = error
                raise
            return self.sampled(costs)

    @contextlib.contextmanager
    def untraced(self) -> Iterator[None]:
        """Without whatever traces or profiles the test, as pytest-benchmark has it."""
        tracer, profiler = sys.gettrace(), sys.getprofile()
        sys.settrace(None)
        sys.setprofile(None)
        try:
            yield
        finally:
            sys.settrace(tracer)
            # Such a one cannot be set again by setprofile.
            begin = getattr(profiler, "enable", None)
            if begin is None:
                sys.setprofile(profiler)
            else:
                begin()

    def sampled(self, costs: dict[str, Any]) -> list[float]:
        """Answer that it costs so much, then sample as told; seconds a call of each sample."""
        self._answer({"value": costs})
        self._owes_an_answer = False
        while True:
            line = next(self._lines, "")
            if not line:
                os._exit(0)
            command, _ = json.loads(line)
            if command == "finish":
                self._owes_an_answer = True
                self._is_measured = True
                self._stage = "the test"
                return self._durations
            reply = self._reply_of(self._work(line))
            self._answer(reply)
            if "error" in reply:
                raise TestFailed(str(reply["message"]))
            if command == "run":
                self._durations += reply["value"]  # type: ignore[arg-type]

    def result_of(self, call: TestCall) -> Any:
        """What the test's ``call`` returns, once it was measured."""
        return self._call.result() if self._call is not None else call.result()

    def finish(self) -> dict[str, object]:
        """Nothing is being measured: the test ended without."""
        return {}

    def note(self, raised: Any, report: Any) -> None:
        """Keep what a phase of the test came to."""
        phase = PHASES.get(report.when, report.when)
        if report.outcome == "failed":
            said = _said(raised) if raised is not None else str(report.longrepr)
            lines = [line.strip() for line in said.strip().splitlines()] or ["it said nothing"]
            if raised is not None and isinstance(raised.value, OURS):
                self._troubles.append(raised.value)
            elif raised is not None and type(raised.value).__name__ == "FixtureAlreadyUsed":
                self._troubles.append(TestFailed(CALLED_TWICE))
            else:
                self._troubles.append(TestFailed(f"{phase} raised {lines[0]}"))
        elif report.outcome == "skipped":
            if hasattr(report, "wasxfail"):
                # It fails as it should; if it was measured before, it may.
                if not self._owes_an_answer or not self._is_measured:
                    self._troubles.append(Skipped(f"xfail: {report.wasxfail}".rstrip(": ")))
            else:
                self._troubles.append(Skipped(reason_of_skip(report)))

    def run_again(self) -> None:
        """The test failed, and a plugin runs it once more in this process: that counts."""
        self._troubles.clear()
        self._call_failed = None
        self._runs_again = True

    def sampler(self, calls: int, blocks: int, clock: str, firsts: bool) -> Callable[[], float]:
        """What takes one sample, in seconds of all its calls."""
        call = self._call
        assert call is not None, "only a test that measures is told to run"
        read = call.clock(clock)

        def sample() -> float:
            call.pid = self._pid
            if firsts:
                return median(call.rounds(blocks, calls, read)) * blocks
            return call.sample(calls, blocks, read)

        return sample

    def for_a_copy(
        self, take: Callable[[], list[float]], sample: Callable[[], float], firsts: bool
    ) -> tuple[Callable[[], list[float]], Path | None]:
        """A copy warms up by one sample; the first calls of a copy are the samples themselves."""
        return (take if firsts else functools.partial(_after, sample, take)), None

    def told(self, error: BaseException) -> str:
        """One line on an error."""
        if isinstance(error, TestFailed):
            return str(error)
        return super().told(error)

    def _answer_all(self) -> None:
        line = self._first_line
        while line:
            self._owes_an_answer = True
            reply = self._reply_of(self._work(line))
            if self._owes_an_answer:
                self._answer(reply)
            line = next(self._lines, "")

    def _last_error(self) -> str:
        """What pytest printed before it ended."""
        flush_output()
        try:
            return last_error(Path(self._log).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return ""

    def _item(self, name: str, file: str) -> Any:
        item = self._items.get(name)
        if item is not None:
            return item
        for place, why in self._failures.items():
            if place == file or file.startswith(f"{place}/") or not self._items:
                raise TestFailed(f"{file} cannot be imported: {why}")
        if file in self._skips:
            raise Skipped(self._skips[file])
        raise NotHere(f"there is no {name} there")

    def costs(self, call: TestCall) -> dict[str, Any]:
        """What a call costs; the answer that the driver waits for."""
        may_be_copied = functools.partial(can_be_copied, (*self._ours,), self._log)
        self._call, costs = costs_of(call, self._asked, may_be_copied, self._in_a_copy)
        return costs

    def _in_a_copy(self, call: TestCall, work: Callable[[], Any]) -> Any:
        def answer() -> dict[str, object]:
            call.pid = os.getpid()
            return self._answer_as_a_copy(work)

        return in_a_copy(answer)

    def _not_measured(self, item: Any) -> Exception:
        if self._call_failed is not None:
            raised = type(self._call_failed).__name__
            return TestFailed(f"the test passed, but its call raised {raised}")
        if not must_call(item):
            return Skipped(NEVER_CALLED)
        file = in_its_place(item)
        return TestFailed(NEVER_CALLED if file is None else IN_ITS_PLACE.format(file))


def _after(first: Callable[[], object], take: Callable[[], list[float]]) -> list[float]:
    first()
    return take()


def _said(raised: Any) -> str:
    """What an exception says; of a fixture that is not there, pytest's own report says more."""
    missing = getattr(raised.value, "argname", None)
    if type(raised.value).__name__ == "FixtureLookupError" and isinstance(missing, str):
        return f"FixtureLookupError: fixture '{missing}' not found"
    return str(raised.exconly(tryshort=True))
