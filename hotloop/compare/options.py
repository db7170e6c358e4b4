"""What ``hotloop compare`` was asked for: parsed once, refused before anything is measured."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.base.values import parse_budget, parse_count, parse_number
from hotloop.compare.contenders import (
    Source,
    check_code,
    parse_word,
    running_python,
    with_pythons,
)
from hotloop.compare.rule import Rule, parse_rule
from hotloop.report import pictures
from hotloop.report.exports import parse_exports

# With it, two quick functions have their table in 6 s, of which a fifth is not inside them.
DEFAULT_BUDGET_S = 1.1
DEFAULT_PATIENCE_S = 30.0
OVER_PATIENCE_S = 1.0
EXPORTS = ("json", "csv", "markdown", "image")

USAGE = """\
hotloop compare FILE.py[:FUNCTION] ...      functions of a file, which has problem()
       hotloop compare -s SETUP STATEMENT ...      statements, as timeit takes them
       hotloop compare --command COMMAND ...       whole commands
       hotloop compare --from RESULT.json          show a stored result again"""


@dataclass(frozen=True, slots=True)
class CommandOptions:
    """How whole commands are run; None in ``Options``: there are none."""

    prepare: str | None
    warm_up: int
    ignore_failure: bool


@dataclass(frozen=True, slots=True)
class Options:
    """``sources`` in the order of the command line; the first is the reference.

    ``sizes``: what ``size_name`` is given, ascending; none without --over.
    ``budget_s`` is the time for samples of each contender, ``patience_s`` how long one call may
    take. ``seed`` None: choose one. ``stored``: show this result instead of measuring.
    """

    sources: tuple[Source, ...]
    setup: str
    args: str | None
    fresh: bool
    rule: Rule
    budget_s: float
    patience_s: float
    commands: CommandOptions | None
    size_name: str | None
    sizes: tuple[float, ...]
    seed: int | None
    exports: Mapping[str, Path | None]
    stored: Path | None
    strict: bool
    quiet: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.usage = USAGE
    parser.add_argument(
        "words",
        nargs="*",
        metavar="CONTENDER",
        help="FILE.py, FILE.py:FUNCTION, MODULE:FUNCTION (@PYTHON after it: in that interpreter), "
        "or a statement; the first is the reference",
    )
    parser.add_argument(
        "-s",
        "--setup",
        action="append",
        default=[],
        metavar="CODE",
        help="code that runs first, once in each process: for statements and --args",
    )
    parser.add_argument(
        "--args",
        metavar="CODE",
        help="the arguments, instead of problem(): a tuple, or anything else as the only one",
    )
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="give each call a copy of the input, made outside of its time: for functions that "
        "change it",
    )
    parser.add_argument(
        "--check",
        metavar="HOW",
        help="how answers must agree: equal (floats bit for bit), exact (types and orders too), "
        "close:1e-9, FILE:FUNCTION, none (default: equal; with --command none: equal compares what "
        "they print)",
    )
    parser.add_argument(
        "--command",
        action="store_true",
        help="the contenders are whole commands: time each from its start to its end",
    )
    parser.add_argument(
        "--prepare", metavar="COMMAND", help="with --command: run before each run, not timed"
    )
    parser.add_argument(
        "--warmup",
        metavar="N",
        type=partial(parse_count, "--warmup"),
        default=0,
        help="with --command: runs of each before those that count (default: 0)",
    )
    parser.add_argument(
        "--ignore-failure",
        action="store_true",
        help="with --command: time a command that ends with another code than 0",
    )
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="PROGRAM",
        help="the interpreter of all contenders; may be repeated: each contender in each of them",
    )
    parser.add_argument(
        "--budget",
        metavar="SECONDS",
        type=parse_budget,
        default=DEFAULT_BUDGET_S,
        help="time for samples of each contender, two thirds more if nearly equal ones need a "
        "second look (default: %(default)s)",
    )
    parser.add_argument(
        "--over",
        metavar="NAME=SIZES",
        help="compare at each of these sizes, given to problem(), --args and statements, as in "
        "n=10,100,1e3; leaves out sizes whose calls take longer than --patience",
    )
    parser.add_argument(
        "--patience",
        metavar="SECONDS",
        type=parse_patience,
        help=f"a call that takes longer counts as hung (default: {DEFAULT_PATIENCE_S:g}, with "
        f"--over {OVER_PATIENCE_S:g})",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=partial(parse_count, "--seed"),
        help="fixes the order of the rounds and the input (default: a new one)",
    )
    parser.add_argument("--json", metavar="FILE", help="store the result with every sample")
    parser.add_argument("--csv", metavar="FILE", help="store a row for each contender")
    parser.add_argument("--markdown", metavar="FILE", help="store the table")
    parser.add_argument(
        "--image", metavar="FILE", help="draw times over sizes (.png, .svg, .pdf; hotloop[plot])"
    )
    parser.add_argument(
        "--from", dest="stored", metavar="FILE", help="show a stored result, measure nothing"
    )
    parser.add_argument(
        "--strict", action="store_true", help="exit code 3 if one is not told apart from the first"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def parse_options(namespace: argparse.Namespace) -> Options:
    """The options, all checked. Raises UsageError with the option and its value."""
    stored = None if namespace.stored is None else Path(namespace.stored)
    if stored is not None and namespace.words:
        raise UsageError(f"--from {stored}: it measures nothing; leave out {namespace.words[0]}")
    if stored is None and not namespace.words:
        raise UsageError(
            "name what to compare: FILE.py with its functions and problem(), or statements, as in "
            "hotloop compare -s 'a = list(range(1000))' 'sum(a)' 'max(a)'"
        )
    pythons = [running_python(name) for name in namespace.python]
    _check_mode(namespace)
    parse = _as_command if namespace.command else parse_word
    sources = with_pythons([parse(word) for word in namespace.words], pythons)
    setup = "\n".join(namespace.setup)
    check_code(setup, namespace.args)
    size_name, sizes = _parse_over(namespace.over)
    exports = parse_exports(namespace, EXPORTS)
    if exports["image"] is not None:
        if stored is None and len(sizes) < 2:
            raise UsageError("--image draws times over sizes: give --over n=10,100,1000 too")
        pictures.check_can_draw(exports["image"])
    return Options(
        sources=tuple(sources),
        setup=setup,
        args=namespace.args,
        fresh=namespace.fresh,
        rule=parse_rule(namespace.check or ("none" if namespace.command else "equal")),
        commands=CommandOptions(namespace.prepare, namespace.warmup, namespace.ignore_failure)
        if namespace.command
        else None,
        budget_s=namespace.budget,
        patience_s=namespace.patience or (OVER_PATIENCE_S if sizes else DEFAULT_PATIENCE_S),
        size_name=size_name,
        sizes=sizes,
        seed=namespace.seed,
        exports=exports,
        stored=stored,
        strict=namespace.strict,
        quiet=namespace.quiet,
    )


def _as_command(word: str) -> Source:
    if not word.strip():
        raise UsageError("--command: a contender is an empty command")
    return Source(command=word)


def _check_mode(namespace: argparse.Namespace) -> None:
    """Raise UsageError for options that the other kind of contender has."""
    own = {
        "--prepare": namespace.prepare,
        "--warmup": namespace.warmup,
        "--ignore-failure": namespace.ignore_failure,
    }
    others = {
        "--setup": namespace.setup,
        "--args": namespace.args,
        "--fresh": namespace.fresh,
        "--python": namespace.python,
        "--over": namespace.over,
    }
    for option, value in (others if namespace.command else own).items():
        if value:
            with_it = "not with --command" if namespace.command else "only with --command"
            raise UsageError(f"{option}: {with_it}")
    if namespace.command and namespace.check not in (None, "none", "equal"):
        raise UsageError(f"--check {namespace.check}: for commands, give none or equal")


def _parse_over(text: str | None) -> tuple[str | None, tuple[float, ...]]:
    """The name and the sizes, ascending. Raises UsageError."""
    if text is None:
        return None, ()
    name, _, values = text.partition("=")
    if not name.isidentifier() or not values:
        raise UsageError(f"--over {text}: give a name and sizes, as in n=10,100,1e3")
    sizes = sorted({parse_number("--over", value) for value in values.split(",")})
    if not all(0 < size < float("inf") for size in sizes):
        raise UsageError(f"--over {text}: a size is above 0")
    return name, tuple(int(size) if size == int(size) else size for size in sizes)


def parse_patience(text: str) -> float:
    """How long a call may take, in seconds. Raises UsageError."""
    seconds = parse_number("--patience", text)
    if not 0 < seconds < float("inf"):
        raise UsageError(f"--patience {text}: give a time in seconds above 0")
    return seconds
