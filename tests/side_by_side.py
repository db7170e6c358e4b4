"""Tests side by side, in processes forked once all tests are collected: a plugin of pytest.

``pytest --side-by-side 4`` runs four files at a time::

    pytest, which has collected ──fork──> each takes a file, runs its tests, takes the next
      ^                                                     │
      '──────────────────── reports of each test ───────────'

pytest-xdist starts its processes instead, so that each of them imports and collects everything
anew, and is told of each test in five messages: 50 of 690 CPU seconds of ``make test``. Plugins
take a process for one of xdist's, and leave to the first what is done once.
"""

import array
import fcntl
import itertools
import multiprocessing
import os
import signal
import sys
import termios
import time
import warnings
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, NoReturn

import pytest

from tests.order import scope

Groups = Sequence[Sequence[pytest.Item]]
Tests = Iterator[tuple[pytest.Item, pytest.Item | pytest.Session | None]]
# What a file is known by in the pipe from which processes take them: all fit into it.
NUMBER_BYTES = 2
# At a Ctrl-C in a terminal the processes get one as well, and take down what their tests set up.
PATIENCE_S = {0: 3.0, signal.SIGINT: 60.0, signal.SIGKILL: 10.0}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--side-by-side",
        type=int,
        default=0,
        metavar="N",
        help="run N files of tests at a time, each in one of N processes",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run the tests of ``session`` in processes, if that is asked for."""
    option = session.config.option
    if option.side_by_side < 1 or option.collectonly or session.testsfailed:
        return None
    groups = [list(items) for _, items in itertools.groupby(session.items, _scope)]
    # Made by one, for all.
    session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    queue, numbers = os.pipe()
    os.write(numbers, b"".join(map(_number, range(len(groups)))))
    os.close(numbers)
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    assert terminal is not None
    # What waits to be written would be written by each process.
    terminal.flush()
    # Letters alone: files take turns.
    terminal.showfspath = False
    children: dict[Connection, int] = {}
    for _ in range(min(option.side_by_side, len(groups))):
        ours, theirs = multiprocessing.Pipe(duplex=False)
        child = os.fork()
        if not child:
            for connection in (*children, ours):
                connection.close()
            return _run(session, _taken(groups, queue), theirs)
        theirs.close()
        children[ours] = child
    os.close(queue)
    try:
        return _listen(session, children)
    finally:
        _end(list(children.values()))


def _scope(item: pytest.Item) -> str:
    return scope(item.nodeid)


def _number(place: int) -> bytes:
    return place.to_bytes(NUMBER_BYTES, "big")


def _taken(groups: Groups, queue: int) -> Tests:
    """Tests of the next group that no process has taken, and so on until there is none.

    With each comes the one that follows, for which pytest leaves set up what both use. The last of
    a group has the session instead, which all use: who took the next group before the end of this
    test would let it wait while others idle. It has none if no group is left.
    """
    while number := os.read(queue, NUMBER_BYTES):
        group = groups[int.from_bytes(number, "big")]
        yield from itertools.pairwise(group)
        last = group[-1]
        yield last, last.session if _waiting_bytes(queue) else None


def _waiting_bytes(pipe: int) -> int:
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


# ---------------------------------------------------------------- a process that runs tests


def _run(session: pytest.Session, tests: Tests, parent: Connection) -> bool:
    config = session.config
    plugins = config.pluginmanager
    # As xdist's processes are known.
    config.workerinput = {}  # type: ignore[attr-defined]
    plugins.unregister(name="terminalreporter")
    plugins.register(_Silent(config), "terminalreporter")
    plugins.register(_Told(config, parent))
    # Into files of its own.
    capture = plugins.get_plugin("capturemanager")
    assert capture is not None
    capture.stop_global_capturing()
    capture.start_global_capturing()
    capture.suspend_global_capture()
    for item, following in tests:
        config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
    return True


class _Silent:
    """In place of what reports to the terminal.

    Where a test hangs, pytest-timeout writes to it what its other threads do, which is captured.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._tw = pytest.TerminalReporter(config, sys.__stderr__)._tw


class _Told:
    """Tells the first process of each test and warning: what to call it with, and its name."""

    def __init__(self, config: pytest.Config, parent: Connection) -> None:
        self._config, self._parent = config, parent
        self._reports: list[Any] = []
        option = config.option
        self._whole = option.durations is not None or option.xmlpath is not None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # Two of three: that setting up and taking down went well, which nobody is told.
        if report.passed and report.when != "call" and not (report.sections or self._whole):
            return
        hook = self._config.hook
        self._reports.append(hook.pytest_report_to_serializable(config=self._config, report=report))

    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._parent.send((nodeid, location, self._reports))
        self._reports = []

    def pytest_warning_recorded(
        self, warning_message: warnings.WarningMessage, when: str, nodeid: str, location: Any
    ) -> None:
        """Told in words: what a warning holds need not be one that can be sent."""
        kind = warning_message.category.__name__
        place = (str(warning_message.message), warning_message.filename, warning_message.lineno)
        self._parent.send((nodeid, location, (when, kind, *place)))


# ---------------------------------------------------------------- the first process


def _listen(session: pytest.Session, children: dict[Connection, int]) -> bool:
    """Pass on what ``children`` tell until all have ended; each is taken from there by then.

    A process that dies takes tests with it: the run fails, however that process ended.
    """
    last = dict.fromkeys(children, "it started")
    to_come = len(session.items)
    while children:
        ready = [each for each in wait(list(children), timeout=1) if isinstance(each, Connection)]
        for connection in ready:
            try:
                told = connection.recv()
            except EOFError:
                ended = os.waitpid(children.pop(connection), 0)
                _check(session, ended[1], last[connection])
                continue
            last[connection] = told[0]
            to_come -= _pass_on(session, *told)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
        # One whose own children live on, with its end of the pipe, ends without a word.
        for connection in () if ready else list(children):
            ended = os.waitpid(children[connection], os.WNOHANG)
            if ended[0]:
                del children[connection]
                _check(session, ended[1], last[connection])
    if to_come:
        _fail(session, f"{to_come} tests were taken by processes that ended without a word")
    return True


def _check(session: pytest.Session, status: int, last: str) -> None:
    code = os.waitstatus_to_exitcode(status)
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        _fail(session, f"a process of tests ended with {code}, after {last}")


def _fail(session: pytest.Session, reason: str) -> NoReturn:
    session.shouldfail = reason
    raise session.Failed(reason)


def _pass_on(session: pytest.Session, nodeid: str, location: Any, told: Any) -> int:
    """How many tests have ended by what is told."""
    config, hook = session.config, session.config.hook
    if isinstance(told, tuple):
        when, kind, text, filename, lineno = told
        warned = warnings.WarningMessage(
            Warning(text), type(kind, (Warning,), {}), filename, lineno
        )
        hook.pytest_warning_recorded.call_historic(
            kwargs={"warning_message": warned, "when": when, "nodeid": nodeid, "location": location}
        )
        return 0
    hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
    for data in told:
        report = hook.pytest_report_from_serializable(config=config, data=data)
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)
    return 1


def _end(children: list[int]) -> None:
    for number, patience_s in PATIENCE_S.items():
        for child in children:
            os.kill(child, number)
        deadline = time.monotonic() + patience_s
        while children and time.monotonic() < deadline:
            children = [child for child in children if not os.waitpid(child, os.WNOHANG)[0]]
            time.sleep(0.05)
