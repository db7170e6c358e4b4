"""What ``hotloop try`` was asked for: parsed once, refused before anything is built."""

import argparse
import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.base.text import name as shown_name
from hotloop.base.units import first_few
from hotloop.base.values import parse_budget, parse_count
from hotloop.compare.contenders import Source, check_code, find_python, parse_word
from hotloop.compare.options import DEFAULT_PATIENCE_S, parse_patience
from hotloop.compare.rule import CLOSE, Rule, parse_close
from hotloop.report.exports import parse_exports
from hotloop.techniques.ladder import DEFAULT_KEYS, KEYS
from hotloop.techniques.write import check_free

DEFAULT_BUDGET_S = 0.6
EXPORTS = ("json", "csv", "markdown")
NAMES_SHOWN = 8

USAGE = """\
hotloop try FILE.py:FUNCTION [options]
       hotloop try --from RESULT.json"""


@dataclass(frozen=True, slots=True)
class Options:
    """``source``: the function; None only with ``stored``, a result to be shown again.

    ``techniques``: keys of the ladder. ``pythons``: interpreters to try; None: those that are
    found. ``budget_s``: time for samples of each technique,
    ``patience_s``: how long one call may take. ``seed`` None: choose one.
    """

    source: Source | None
    setup: str
    args: str | None
    rule: Rule
    techniques: tuple[str, ...]
    pythons: tuple[str, ...] | None
    budget_s: float
    patience_s: float
    seed: int | None
    exports: Mapping[str, Path | None]
    stored: Path | None
    write: Path | None
    quiet: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.usage = USAGE
    parser.add_argument(
        "word",
        nargs="?",
        metavar="FILE.py:FUNCTION",
        help="a plain function; problem() in its file returns its arguments, or yields several "
        "examples",
    )
    parser.add_argument(
        "--techniques",
        metavar="NAMES",
        help=f"only these, with commas between: {', '.join(KEYS)} (default: all but pythran)",
    )
    parser.add_argument(
        "--pythran",
        action="store_true",
        help="pythran too: fast, but most often wrong without a message",
    )
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="PROGRAM",
        help="this interpreter too, as it is (default: PyPy and newer Pythons on the PATH)",
    )
    parser.add_argument(
        "-s",
        "--setup",
        action="append",
        default=[],
        metavar="CODE",
        help="code that runs before --args",
    )
    parser.add_argument(
        "--args",
        metavar="CODE",
        help="the arguments, instead of problem(): a tuple, or anything else as the only one",
    )
    parser.add_argument(
        "--close",
        metavar="ERROR",
        help="floats may differ by this relative error, as in 1e-12 (default: equal bit for bit)",
    )
    parser.add_argument(
        "--budget",
        metavar="SECONDS",
        type=parse_budget,
        default=DEFAULT_BUDGET_S,
        help="time for samples of each technique (default: %(default)s)",
    )
    parser.add_argument(
        "--patience",
        metavar="SECONDS",
        type=parse_patience,
        default=DEFAULT_PATIENCE_S,
        help="a call that takes longer counts as hung (default: %(default)g)",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=partial(parse_count, "--seed"),
        help="fixes the order of the rounds and the input (default: a new one)",
    )
    parser.add_argument("--json", metavar="FILE", help="store the result with every sample")
    parser.add_argument("--csv", metavar="FILE", help="store a row for each technique")
    parser.add_argument("--markdown", metavar="FILE", help="store the table")
    parser.add_argument(
        "--from", dest="stored", metavar="FILE", help="show a stored result, measure nothing"
    )
    parser.add_argument(
        "--write",
        metavar="DIR",
        help="write each technique that is equal to DIR, ready to use, with a test that compares "
        "it with the original",
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def parse_options(namespace: argparse.Namespace) -> Options:
    """The options, all checked. Raises UsageError with the option and its value."""
    stored = None if namespace.stored is None else Path(namespace.stored)
    if stored is not None and namespace.word is not None:
        raise UsageError(f"--from {stored}: it measures nothing; leave out {namespace.word}")
    if stored is None and namespace.word is None:
        raise UsageError("name a function, as in hotloop try mycode.py:f")
    setup = "\n".join(namespace.setup)
    check_code(setup, namespace.args)
    return Options(
        source=None if stored is not None else parse_function(namespace.word),
        setup=setup,
        args=namespace.args,
        rule=_parse_close(namespace.close),
        techniques=_parse_techniques(namespace.techniques, namespace.pythran),
        pythons=_parse_pythons(namespace),
        budget_s=namespace.budget,
        patience_s=namespace.patience,
        seed=namespace.seed,
        exports=parse_exports(namespace, EXPORTS),
        stored=stored,
        write=_parse_write(namespace.write, stored),
        quiet=namespace.quiet,
    )


def parse_function(word: str) -> Source:
    """The function that a word names. Raises UsageError."""
    if not word.partition(":")[0].endswith(".py"):
        raise UsageError(f"{word}: give a Python file and a function, as in mycode.py:f")
    path, _, function = word.rpartition(":")
    if path and not all(part.isidentifier() for part in function.split(".")):
        raise UsageError(f"{word}: {function!r} is no name of a function")
    source = parse_word(word)
    if source.function is None:
        assert source.path is not None
        names = functions(source.path)
        listed = f": it has {first_few(names, NAMES_SHOWN)}" if names else ""
        example = names[0] if names else "f"
        raise UsageError(
            f"{word}: name one function of the file, as in {source.path.name}:{example}{listed}"
        )
    return source


def functions(path: Path) -> list[str]:
    """The public functions of a file, as far as it can be read."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return []
    names = [part.name for part in tree.body if isinstance(part, ast.FunctionDef)]
    return [shown_name(name) for name in names if not name.startswith("_") and name != "problem"]


def _parse_close(text: str | None) -> Rule:
    """Types, orders and arguments count; floats bit for bit, or as close as ``text`` says."""
    if text is None:
        return Rule("exact", exact=True, outcomes=True)
    return Rule(f"{CLOSE}{text}", parse_close(text, "--close"), exact=True, outcomes=True)


def _parse_write(text: str | None, stored: Path | None) -> Path | None:
    if text is None:
        return None
    if stored is not None:
        raise UsageError("--write: not with --from, because a stored result has no code")
    folder = Path(text)
    check_free(folder)
    return folder


def _parse_pythons(namespace: argparse.Namespace) -> tuple[str, ...] | None:
    """Those that were named; with --techniques no others, else None: those that are found."""
    named = tuple(dict.fromkeys(find_python(name) for name in namespace.python))
    return named if named or namespace.techniques is not None else None


def _parse_techniques(text: str | None, pythran: bool) -> tuple[str, ...]:
    more = ("pythran",) if pythran else ()
    if text is None:
        return (*DEFAULT_KEYS, *more)
    names = tuple(text.split(","))
    for name in names:
        if name not in KEYS:
            raise UsageError(f"--techniques {text}: there is {', '.join(KEYS)}, no {name!r}")
    return (*names, *more)
