"""The command line: finds the command, and turns every ending into an exit code.

Commands are imported only when they are needed, so that ``hotloop --help`` is
immediate. Only this module writes "hotloop: ..." or chooses a code for an exception.
"""

import argparse
import importlib
import os
import re
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from typing import NoReturn, Protocol, TextIO, cast

from hotloop import __version__
from hotloop.base import descriptors, interrupts, utf8
from hotloop.base.errors import HotloopError, UsageError
from hotloop.base.mishap import told
from hotloop.base.outcome import EXIT_INTERRUPTED
from hotloop.base.text import sentence

# Longer than any sentence of ours; a path may be as long as the system allows.
COMPLAINT_CHARS = 6000
EXIT_CODES = """\
exit codes:
  0    fine
  1    the answer is bad: a variant is wrong, a record was lost, a benchmark is
       slower or broken
  2    usage or configuration
  3    more than a tenth of the benchmarks had too few pairs for a verdict; with
       --strict also: one is undecided, or it is not certain that the commits'
       code ran
  4    could not measure: a variant failed, or one that you named is
       unavailable; or no commit could be built, or no benchmark measured
  130  interrupted, by Ctrl-C, SIGTERM or SIGHUP
if several apply, the first of 4, 1, 3, 0; the table is printed in every case"""


@dataclass(frozen=True, slots=True)
class Command:
    """The module of a command, and one line on what it does."""

    module: str
    summary: str


COMMANDS = {
    "broker": Command("hotloop.broker.command", "start and stop a real Apache Kafka here"),
    "calibrate": Command("hotloop.calibrate.command", "measure how often the gate would be wrong"),
    "compare": Command(
        "hotloop.compare.command", "compare functions of your own: are they equal, which is faster"
    ),
    "compute": Command("hotloop.compute.command", "time many ways to compute the Mandelbrot set"),
    "diff": Command("hotloop.diff.command", "compare stored results: before and after, A and B"),
    "explain": Command(
        "hotloop.explain.command", "say why the benchmarks of a stored result changed"
    ),
    "fault": Command(
        "hotloop.faults.command", "break Kafka consumers and brokers, and account for every record"
    ),
    "gate": Command("hotloop.gate.command", "judge whether a commit made a benchmark slower"),
    "report": Command("hotloop.reports.command", "make one page of stored results"),
    "stream": Command("hotloop.streams.command", "measure Faust and other Kafka consumers"),
    "tiles": Command("hotloop.tiles.command", "compute a picture larger than memory with dask"),
    "try": Command(
        "hotloop.techniques.command", "try what each technique gains for one function, unedited"
    ),
    "list": Command("hotloop.list.command", "list the variants, and why one cannot run here"),
}


class CommandModule(Protocol):
    """What each module named in ``COMMANDS`` has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int: ...


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are UsageErrors: one sentence, code 2."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def main(
    argv: Sequence[str] | None = None, out: TextIO | None = None, err: TextIO | None = None
) -> int:
    """Run one command; returns its exit code. ``out`` takes the result, ``err`` the rest."""
    descriptors.open_missing()
    if argv is None:
        utf8.turn_to()
    arguments = list(sys.argv[1:] if argv is None else argv)
    encoding = utf8.output_encoding()
    out = out or utf8.forgiving(sys.stdout, encoding)
    err = err or utf8.forgiving(sys.stderr, encoding)
    code = _run_guarded(arguments, out, err)
    try:
        out.flush()
    except OSError as error:
        _discard(out)
        if not isinstance(error, BrokenPipeError):
            _complain(err, f"cannot write the result: {error.strerror}")
            code = HotloopError.exit_code
    return code


def _run_guarded(arguments: list[str], out: TextIO, err: TextIO) -> int:
    came: list[int] = []
    try:
        with interrupts.raised() as came:
            return _run(arguments, out, err)
    except HotloopError as error:
        _complain(err, str(error))
        return error.exit_code
    except KeyboardInterrupt as interruption:
        # Its text says what the interrupted command had to leave behind.
        _complain(err, "; ".join(["interrupted", *map(str, interruption.args)]))
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of the result is gone: nobody is left to tell, and it is no pass.
        _discard(out)
        return HotloopError.exit_code
    except Exception as error:
        said = told(error, err)
        if came and not isinstance(error, OSError):
            # If Ctrl-C comes while an extension module is imported, it becomes an ImportError.
            _complain(err, "interrupted")
            return EXIT_INTERRUPTED
        _complain(err, said)
        return HotloopError.exit_code


def _run(arguments: list[str], out: TextIO, err: TextIO) -> int:
    first = next((k for k, word in enumerate(arguments) if not word.startswith("-")), None)
    with redirect_stdout(out):  # argparse prints help and version to sys.stdout
        try:
            _top_parser().parse_args(arguments[:first])
            if first is None:
                _top_parser().print_help(err)
                return UsageError.exit_code
            name, rest = arguments[first], arguments[first + 1 :]
            module = _load(name)
            parser = Parser(
                prog=f"hotloop {name}",
                description=COMMANDS[name].summary,
                epilog=EXIT_CODES,
                formatter_class=argparse.RawDescriptionHelpFormatter,
                allow_abbrev=False,
            )
            module.add_arguments(parser)
            namespace = _parse(parser, _attach_negative_values(rest))
        except SystemExit as ending:  # how argparse ends --help and --version
            return int(ending.code or 0)
    return module.run(namespace, out, err)


def _top_parser() -> Parser:
    width = max(len(name) for name in COMMANDS)
    listed = "\n".join(f"  {name:<{width}}  {c.summary}" for name, c in COMMANDS.items())
    parser = Parser(
        prog="hotloop",
        usage="hotloop [--help] [--version] COMMAND ...",
        description="How fast can a hot loop in Python go on this machine?\n\n"
        f"commands:\n{listed}\n\n"
        "hotloop COMMAND --help says more of each.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"hotloop {__version__}")
    return parser


def _load(name: str) -> CommandModule:
    if name not in COMMANDS:
        from difflib import get_close_matches

        near = get_close_matches(name, COMMANDS)
        advice = f"did you mean {' or '.join(near)}?" if near else f"there is {', '.join(COMMANDS)}"
        raise UsageError(f"there is no command {name!r}; {advice}")
    return cast(CommandModule, importlib.import_module(COMMANDS[name].module))


def _parse(parser: Parser, words: list[str]) -> argparse.Namespace:
    """Allow options between the names; argparse then loses what follows "--"."""
    return parser.parse_args(words) if "--" in words else parser.parse_intermixed_args(words)


def _attach_negative_values(words: list[str]) -> list[str]:
    """``--window -2.5,...`` as ``--window=-2.5,...``.

    argparse takes any word with a leading minus for an option, unless it is a plain number.
    No option of hotloop begins like a number, so such a word is a value.
    """
    attached: list[str] = []
    for place, word in enumerate(words):
        if word == "--":
            return attached + words[place:]
        follows_option = bool(attached) and re.fullmatch(r"--[a-z][a-z-]*", attached[-1])
        if follows_option and re.match(r"-(\.?\d|inf|nan)", word, re.IGNORECASE):
            attached[-1] += f"={word}"
        else:
            attached.append(word)
    return attached


def _complain(err: TextIO, said: str) -> None:
    with suppress(OSError):
        print(f"hotloop: {sentence(said, COMPLAINT_CHARS)}", file=err, flush=True)


def _discard(stream: TextIO) -> None:
    """Discard unwritten output, so that the interpreter's own flush is quiet."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
