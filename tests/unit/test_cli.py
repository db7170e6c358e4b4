"""Every way in which a command can end, and its exit code."""

import argparse
import io
import signal
import sys
from types import ModuleType
from typing import TextIO

import pytest

from hotloop import __version__, cli
from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.mishap import DEBUG_VARIABLE


class Outcome:
    """The exit code and both streams of one call of ``main``."""

    def __init__(self, *argv: str) -> None:
        out, err = io.StringIO(), io.StringIO()
        self.code = cli.main(argv, out, err)
        self.out, self.err = out.getvalue(), err.getvalue()


class Probe(ModuleType):
    """A command that ends as the test says, and remembers how it was called."""

    ending: BaseException | int = 0
    namespace: argparse.Namespace

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("names", nargs="*")
        parser.add_argument("--window")
        parser.add_argument("--quiet", action="store_true")

    def run(self, namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
        self.namespace = namespace
        print("the table", file=out)
        if isinstance(self.ending, BaseException):
            raise self.ending
        return self.ending


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Probe:
    module = Probe("probe_command")
    monkeypatch.setitem(sys.modules, "probe_command", module)
    monkeypatch.setitem(cli.COMMANDS, "probe", cli.Command("probe_command", "ends as told"))
    monkeypatch.delenv(DEBUG_VARIABLE, raising=False)
    return module


@pytest.mark.parametrize(
    ("ending", "code", "complaint"),
    [
        (0, 0, ""),
        (1, 1, ""),
        (3, 3, ""),
        (4, 4, ""),
        (UsageError("no such thing"), 2, "hotloop: no such thing\n"),
        (MeasurementError("the worker\ndied"), 4, "hotloop: the worker died\n"),
        (KeyboardInterrupt(), 130, "hotloop: interrupted\n"),
        (BrokenPipeError(), 4, ""),
        (
            OSError(28, "No space left"),
            4,
            "hotloop: the system refused: [Errno 28] No space left\n",
        ),
        (
            ZeroDivisionError("by zero"),
            4,
            "hotloop: unexpected ZeroDivisionError: by zero (a bug in hotloop; "
            "HOTLOOP_DEBUG=1 shows where)\n",
        ),
    ],
)
def test_every_ending_has_its_code_and_at_most_one_sentence(
    probe: Probe, ending: BaseException | int, code: int, complaint: str
) -> None:
    probe.ending = ending
    outcome = Outcome("probe")
    assert (outcome.code, outcome.err) == (code, complaint)
    assert outcome.out == "the table\n"


def test_a_traceback_is_shown_only_to_who_asks(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe.ending = ZeroDivisionError("by zero")
    assert "Traceback" not in Outcome("probe").err
    monkeypatch.setenv(DEBUG_VARIABLE, "1")
    outcome = Outcome("probe")
    assert outcome.err.startswith("Traceback")
    assert outcome.err.splitlines()[-1].startswith("hotloop: unexpected ZeroDivisionError")
    assert outcome.code == 4


class FullDisk(io.StringIO):
    def flush(self) -> None:
        raise OSError(28, "No space left on device")


class ClosedPipe(io.StringIO):
    def flush(self) -> None:
        raise BrokenPipeError


@pytest.mark.usefixtures("probe")
def test_a_result_that_cannot_be_written_is_no_pass() -> None:
    err = io.StringIO()
    assert cli.main(["probe"], FullDisk(), err) == 4
    assert err.getvalue() == "hotloop: cannot write the result: No space left on device\n"


def test_a_closed_pipe_is_quiet_and_keeps_the_code(probe: Probe) -> None:
    probe.ending = 1
    err = io.StringIO()
    assert cli.main(["probe"], ClosedPipe(), err) == 1
    assert err.getvalue() == ""


@pytest.mark.parametrize(
    "words",
    [
        ["--window", "-2.5,0.5,-1.2,1.2"],
        ["--window=-2.5,0.5,-1.2,1.2"],
        ["python", "--window", "-2.5,0.5,-1.2,1.2", "numba"],
        ["--quiet", "--window", "-2.5,0.5,-1.2,1.2"],
    ],
)
def test_a_value_may_begin_with_a_minus(probe: Probe, words: list[str]) -> None:
    assert Outcome("probe", *words).code == 0
    assert probe.namespace.window == "-2.5,0.5,-1.2,1.2"


@pytest.mark.parametrize("value", ["-.5,1,2,3", "-inf,1,2,3", "-NaN,1,2,3", "-1"])
def test_every_number_with_a_minus_is_a_value(probe: Probe, value: str) -> None:
    assert Outcome("probe", "--window", value).code == 0
    assert probe.namespace.window == value


def test_words_after_two_dashes_are_left_alone(probe: Probe) -> None:
    assert Outcome("probe", "--", "--window", "-1").code == 0
    assert probe.namespace.names == ["--window", "-1"]
    assert probe.namespace.window is None


@pytest.mark.usefixtures("probe")
@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["comptue"], "hotloop: there is no command 'comptue'; did you mean compute or compare?\n"),
        (
            ["xyzzy"],
            f"hotloop: there is no command 'xyzzy'; there is {', '.join(cli.COMMANDS)}, probe\n",
        ),
        (["--fast"], "hotloop: unrecognized arguments: --fast; see hotloop --help\n"),
        (["probe", "--f"], "hotloop: unrecognized arguments: --f; see hotloop probe --help\n"),
        (
            ["probe", "--win", "1"],
            "hotloop: unrecognized arguments: --win; see hotloop probe --help\n",
        ),
        (
            ["probe", "--window"],
            "hotloop: argument --window: expected one argument; see hotloop probe --help\n",
        ),
        (
            ["probe", "--quiet", "-1"],
            "hotloop: argument --quiet: ignored explicit argument '-1'; see hotloop probe --help\n",
        ),
    ],
)
def test_wrong_usage_is_one_sentence_and_code_2(argv: list[str], complaint: str) -> None:
    outcome = Outcome(*argv)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", complaint)


def test_without_a_command_the_help_goes_to_stderr_with_code_2() -> None:
    outcome = Outcome()
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == Outcome("--help").out


def test_help_is_a_result_and_no_error() -> None:
    outcome = Outcome("--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert "compute" in outcome.out
    assert cli.EXIT_CODES in outcome.out


@pytest.mark.usefixtures("probe")
def test_the_help_of_a_command_lists_its_options_and_the_codes() -> None:
    outcome = Outcome("probe", "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert "--window" in outcome.out
    assert cli.EXIT_CODES in outcome.out


def test_the_version_is_the_package_s() -> None:
    outcome = Outcome("--version")
    assert (outcome.code, outcome.out, outcome.err) == (0, f"hotloop {__version__}\n", "")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_its_own_help(name: str) -> None:
    outcome = Outcome(name, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert f"usage: hotloop {name}" in outcome.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("becomes", [KeyboardInterrupt, ImportError])
def test_a_signal_ends_a_command_as_ctrl_c_does(
    probe: Probe,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    becomes: type[BaseException],
) -> None:
    def interrupted(*_: object) -> int:
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt as error:
            # What an extension module makes of it while it is imported.
            raise becomes from error
        return 0

    monkeypatch.setattr(probe, "run", interrupted)
    before = signal.getsignal(number)
    outcome = Outcome("probe")
    assert (outcome.code, outcome.err) == (130, "hotloop: interrupted\n")
    assert signal.getsignal(number) is before


def test_a_signal_that_somebody_ignores_ends_nothing(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def undisturbed(*_: object) -> int:
        signal.raise_signal(signal.SIGHUP)
        return 0

    monkeypatch.setattr(probe, "run", undisturbed)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert Outcome("probe").code == 0
    finally:
        signal.signal(signal.SIGHUP, before)
