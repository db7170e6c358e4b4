"""IPython's ``%hotloop f(x) // g(x)`` and ``%%hotloop``: statements over a notebook's names.

    %load_ext hotloop

    %%hotloop --budget 2
    sum(xs)
    np.sum(xs)

Each line of a cell is a contender; if the cell has lines that are ``//`` only, the blocks between
them are. Options are those of the command line that make sense here.
"""

import argparse
import re
import shlex
from typing import Any, NoReturn

from hotloop.base.errors import UsageError
from hotloop.base.values import parse_budget
from hotloop.compare.api import compare
from hotloop.compare.options import DEFAULT_BUDGET_S, DEFAULT_PATIENCE_S, parse_patience
from hotloop.compare.result import Comparison

SEPARATOR = "//"
# An option and its value, which may be quoted.
OPTION = re.compile(r"""\s*--?[a-z][a-z-]*(?:=|\s+(?!//))(?:"[^"]*"|'[^']*'|[^\s"']+)(?:\s+|$)""")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; options: {self.format_usage().partition('] ')[2].strip()}")


def register(shell: Any) -> None:
    """Make the magic known to an IPython shell."""

    def hotloop(line: str, cell: str | None = None) -> Comparison | None:
        try:
            return run(line, cell, shell.user_ns)
        except UsageError as error:
            # A sentence for the reader, no traceback.
            print(f"hotloop: {error}")
            return None

    shell.register_magic_function(hotloop, "line_cell", "hotloop")


def run(line: str, cell: str | None, names: dict[str, Any]) -> Comparison:
    """Compare the statements of a line or a cell over ``names``. Raises UsageError."""
    parser = _Parser(prog="%%hotloop", add_help=False, allow_abbrev=False)
    parser.add_argument("-s", "--setup", default="")
    parser.add_argument("--check", default="equal")
    parser.add_argument("--budget", type=parse_budget, default=DEFAULT_BUDGET_S)
    parser.add_argument("--patience", type=parse_patience, default=DEFAULT_PATIENCE_S)
    parser.add_argument("--seed", type=int)
    options, statements = split(parser, line, cell)
    own = {name: value for name, value in names.items() if not name.startswith("_")}
    return compare(*statements, names=own, **vars(options))


def split(
    parser: argparse.ArgumentParser, line: str, cell: str | None
) -> tuple[argparse.Namespace, list[str]]:
    """The options, and the contenders. Raises UsageError."""
    if cell is not None:
        return parser.parse_args(_words(line)), parts(cell)
    # Options stand before the first statement.
    head: list[str] = []
    while (option := OPTION.match(line)) is not None:
        head += _words(option[0])
        line = line[option.end() :]
    statements = [word.strip() for word in line.split(f" {SEPARATOR} ")]
    if not set(statements) - {"", SEPARATOR}:
        raise UsageError(f"name what to compare, as in %hotloop f(x) {SEPARATOR} g(x)")
    return parser.parse_args(head), statements


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{text.strip()}: {error}") from None


def parts(cell: str) -> list[str]:
    """The contenders in a cell."""
    lines = cell.strip("\n").split("\n")
    if any(line.strip() == SEPARATOR for line in lines):
        blocks = "\n".join(lines).split(f"\n{SEPARATOR}\n")
        return [block.strip("\n") for block in blocks if block.strip()]
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
