"""The plugin that pytest gets: it takes over once the tests are collected.

pytest's own, the project's and other plugins' parts stay as they are, except where they would run
tests elsewhere, not at all, or beside a second clock: those options are reset here.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING, Any, Callable, Iterator  # noqa: UP035  (evaluated by Python 3.8)

import pytest

from ..own import os
from . import fixtures
from .calls import TestCall
from .suites import HASH_SEED, last_error, node_id, reason_of_skip
from .which import how, is_plain

if TYPE_CHECKING:
    from .worker import PytestWorker

# Options of plugins that the project's configuration may name, whether or not they are installed:
# their values, and those without one.
WITH_VALUE = (
    "--benchmark-autosave",
    "--benchmark-calibration-precision",
    "--benchmark-columns",
    "--benchmark-compare",
    "--benchmark-compare-fail",
    "--benchmark-confidence",
    "--benchmark-cprofile",
    "--benchmark-cprofile-dump",
    "--benchmark-cprofile-loops",
    "--benchmark-cprofile-top",
    "--benchmark-group-by",
    "--benchmark-histogram",
    "--benchmark-json",
    "--benchmark-max-time",
    "--benchmark-min-rounds",
    "--benchmark-min-time",
    "--benchmark-name",
    "--benchmark-netrc",
    "--benchmark-precision",
    "--benchmark-save",
    "--benchmark-sort",
    "--benchmark-storage",
    "--benchmark-time-unit",
    "--benchmark-timer",
    "--benchmark-warmup",
    "--benchmark-warmup-iterations",
    "--codspeed-max-rounds",
    "--codspeed-max-time",
    "--codspeed-mode",
    "--codspeed-warmup-time",
    "--numprocesses",
    "--maxprocesses",
    "--dist",
    "--tx",
    "--cov",
    "--cov-config",
    "--cov-context",
    "--cov-fail-under",
    "--cov-report",
    "--timeout",
    "--timeout-method",
    "--session-timeout",
    "--reruns",
    "--reruns-delay",
)
WITHOUT = (
    "--benchmark-disable",
    "--benchmark-disable-gc",
    "--benchmark-enable",
    "--benchmark-only",
    "--benchmark-quiet",
    "--benchmark-save-data",
    "--benchmark-skip",
    "--benchmark-verbose",
    "--codspeed",
    "--cov-append",
    "--cov-branch",
    "--no-cov",
    "--no-cov-on-fail",
    "--loadscope-reorder",
    "--no-loadscope-reorder",
)
# Settings of such plugins, and marks, which a strict configuration would refuse.
SETTINGS = (
    # pytest's own, unless `-p no:cacheprovider` has taken it away: this file's `run` sets it.
    "cache_dir",
    "timeout",
    "timeout_disable_debugger_detection",
    "timeout_func_only",
    "timeout_method",
    "session_timeout",
    "reruns",
    "reruns_delay",
)
MARKS = ("benchmark", "codspeed_benchmark", "flaky", "timeout", "xdist_group")
# What the plugins' and pytest's options have to be here, where they exist.
RESET: dict[str, object] = {
    # One folder for all processes, which each of them empties as it starts.
    "basetemp": None,
    "benchmark_autosave": False,
    "benchmark_compare": None,
    "benchmark_compare_fail": None,
    "benchmark_cprofile": None,
    "benchmark_disable": False,
    "benchmark_enable": False,
    "benchmark_histogram": None,
    "benchmark_json": None,
    "benchmark_only": False,
    "benchmark_save": None,
    "benchmark_save_data": False,
    "benchmark_skip": False,
    "codspeed": False,
    "collectonly": False,
    "dist": "no",
    "forked": False,
    # What one file or test comes to is nothing to the others.
    "maxfail": 0,
    # pytest-dependency: the test that this one depends on has its own process.
    "ignore_unknown_dependency": True,
    "numprocesses": None,
    "reruns": None,
    "trace": False,
    "tx": [],
    "usepdb": False,
}
# By which a project's own code knows that its benchmarks are wanted: it skips them otherwise.
WANTED = {"pytest_benchmark": "--benchmark-only", "pytest_codspeed": "--codspeed"}


class Plugin:
    """Gives ``collected`` the session, which works in ``folder``.

    ``failures`` are files that could not be imported, ``skips`` those that skip themselves.
    """

    def __init__(self, collected: Callable[[Any], None], folder: str) -> None:
        self.failures: dict[str, str] = {}
        self.skips: dict[str, str] = {}
        self.switched_off: list[str] = []
        # Where pytest was started, and where its node ids begin.
        self.suite = self._top = ""
        self._collected = collected
        self._folder = folder

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: Any, parser: Any, args: Any) -> None:
        """Accept options and settings of plugins that are not there."""
        known = _known_options(parser)
        group = parser.getgroup("absent", "options of plugins that are not installed")
        for name in WITH_VALUE:
            if name not in known:
                group.addoption(name, nargs="?", default=None)
        for name in WITHOUT:
            if name not in known:
                group.addoption(name, action="store_true", default=False)
        for name in SETTINGS:
            if name not in getattr(parser, "_inidict", {}):
                parser.addini(name, "of a plugin that is not installed", default=None)
        if "-n" not in known:
            # Lower-case letters are pytest's own, and xdist's in this way.
            group._addoption("-n", dest="numprocesses", default=None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: Any) -> None:
        """Reset options, before any plugin acts on them."""
        option = config.option
        if getattr(option, "numprocesses", None) or getattr(option, "tx", None):
            self.switched_off.append("xdist")
        if getattr(option, "cov_source", None):
            self.switched_off.append("coverage")
        for name, value in RESET.items():
            if hasattr(option, name):
                setattr(option, name, value)
        if hasattr(option, "benchmark_storage"):
            option.benchmark_storage = f"file://{self._folder}"
        if hasattr(option, "randomly_seed"):
            # Otherwise each side has its own.
            option.randomly_seed = HASH_SEED

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: Any) -> None:
        self._top = str(config.rootpath)
        reruns = sys.modules.get("pytest_rerunfailures")
        if reruns is not None:
            # Beside xdist it starts a server in a thread, and then no process can be forked.
            reruns.HAS_PYTEST_HANDLECRASHITEM = False  # type: ignore[attr-defined]
        for name in MARKS:
            config.addinivalue_line("markers", f"{name}: of a plugin")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: Any) -> None:
        """Say that benchmarks are wanted, now that the plugins themselves have read it."""
        for name in WANTED.values():
            setattr(session.config.option, name[2:].replace("-", "_"), True)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector: Any) -> Any:
        outcome = yield
        report = outcome.get_result() if outcome.excinfo is None else None
        if report is not None and report.failed:
            self.failures[self._place(collector)] = _last_line(report)
        elif report is not None and report.skipped:
            self.skips[self._place(collector)] = reason_of_skip(report)

    def _place(self, collector: Any) -> str:
        """A file or folder by its node id, relative to the suite's folder; a class as well."""
        file, colons, inside = node_id(collector).partition("::")
        if not file:
            return colons + inside
        return os.path.relpath(os.path.join(self._top, file), self.suite) + colons + inside

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        """Take over; does not return before there is nothing more to do."""
        self._collected(session)
        return True

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_timeout_set_timer(self, item: Any, settings: Any) -> bool:
        """The driver watches the time."""
        return True


class RunningPlugin(Plugin):
    """Runs tests for ``worker``: their benchmarks are sampled as it is told."""

    def __init__(self, worker: PytestWorker, folder: str) -> None:
        super().__init__(worker.collected, folder)
        self._worker = worker

    @pytest.fixture
    def benchmark(self, request: Any) -> Iterator[fixtures.Fixture]:
        """For a project without a plugin that has it; an installed plugin's goes before."""
        fixture = fixtures.Fixture(request.node, self._worker.measure)
        yield fixture
        fixture.clean_up()

    @pytest.fixture
    def codspeed_benchmark(self, benchmark: Any) -> Any:
        return benchmark

    @pytest.fixture
    def benchmark_weave(self, benchmark: Any) -> Any:
        return benchmark.weave

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: Any, parser: Any, args: Any) -> None:
        super().pytest_load_initial_conftests(early_config, parser, args)
        self._worker.take_room()

    def pytest_collectstart(self, collector: Any) -> None:
        """Before a file is imported."""
        if isinstance(collector, pytest.Module):
            self._worker.take_room()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: Any) -> None:
        super().pytest_sessionstart(session)
        fixtures.patch(self._worker.measure)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> None:
        """A test that is a benchmark as a whole, other than a plain function."""
        if how(item) == "mark" and not is_plain(item):
            item.runtest = functools.partial(self._measured, item.runtest)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: Any) -> bool | None:
        """A plain function that is a benchmark as a whole."""
        if how(pyfuncitem) != "mark" or not is_plain(pyfuncitem):
            return None
        wanted = pyfuncitem._fixtureinfo.argnames
        arguments = {name: pyfuncitem.funcargs[name] for name in wanted}
        self._measured(functools.partial(pyfuncitem.obj, **arguments))
        return True

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        outcome = yield
        self._worker.note(call.excinfo, outcome.get_result())

    def pytest_runtest_logreport(self, report: Any) -> None:
        # pytest-rerunfailures' word for a failure that it forgives.
        if report.outcome == "rerun":
            self._worker.run_again()

    def _measured(self, function: Callable[[], Any]) -> None:
        call = TestCall(function, may_be_single=True)
        self._worker.measure(call)
        self._worker.result_of(call)


def run(plugin: Plugin, folder: str, arguments: list[str], files: list[str], scratch: str) -> int:
    """pytest's exit code, if it ends before ``plugin`` has taken over."""
    os.chdir(folder)
    _ask_git_nothing()
    plugin.suite = folder
    ours = ["--continue-on-collection-errors", "--capture=no"]
    ours += ["-o", f"cache_dir={scratch}/cache", "-q"]
    wanted = [option for name, option in WANTED.items() if importlib.util.find_spec(name)]
    # A name is never an option.
    files = [f"./{file}" if file.startswith("-") else file for file in files]
    # As if it had been typed: tests look there too.
    sys.argv[:] = ["pytest", *wanted, *arguments, *files]
    return int(pytest.main([*arguments, *ours, *files], plugins=[plugin]))


def _ask_git_nothing() -> None:
    """At each start, pytest-benchmark has git look at all files, for a name that nobody needs here.

    That takes time, and whoever watches which files are read would see all of them.
    """
    nothing = {
        "id": "unversioned",
        "time": None,
        "author_time": None,
        "dirty": False,
        "error": None,
        "project": "unknown",
        "branch": "(unknown)",
    }
    with contextlib.suppress(Exception):
        package = importlib.import_module("pytest_benchmark")
        # Otherwise pytest warns that it was imported before its assertions could be rewritten.
        package.__doc__ = "PYTEST_DONT_REWRITE"
        utils = importlib.import_module("pytest_benchmark.utils")
        utils.get_commit_info = lambda *_: dict(nothing)  # type: ignore[attr-defined]


def _known_options(parser: Any) -> set[str]:
    """The options of pytest and of the plugins that are there."""
    groups = [getattr(parser, "_anonymous", None), *getattr(parser, "_groups", ())]
    options = [option for group in groups if group is not None for option in group.options]
    actions = getattr(getattr(parser, "optparser", None), "_option_string_actions", {})
    return {name for option in options for name in option.names()} | set(actions)


def _last_line(report: Any) -> str:
    """What a failed collection said: its last line begins with E, as pytest prints it."""
    text = str(report.longrepr or "")
    lines = [line for line in text.splitlines() if line.strip()]
    return last_error(text) or (lines[-1].strip() if lines else "it cannot be collected")
