"""IPython's ``%hotloop f(x) // g(x)`` and ``%%hotloop``: statements over a notebook's names.

    %load_ext hotloop

    %%hotloop --budget 2
    sum(xs)
    np.sum(xs)

Each line of a cell is a contender; if the cell has lines that are ``//`` only, the blocks between
them are. Options are those of the command line that make sense here.
"""

import argparse
import shlex
from typing import Any, NoReturn

from hotloop.base.errors import UsageError
from hotloop.base.values import parse_budget
from hotloop.compare.api import compare
from hotloop.compare.options import DEFAULT_BUDGET_S, DEFAULT_PATIENCE_S, parse_patience
from hotloop.compare.result import Comparison

SEPARATOR = "//"


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
    options, statements = _split(parser, line, cell)
    own = {name: value for name, value in names.items() if not name.startswith("_")}
    return compare(*statements, names=own, **vars(options))


def _split(
    parser: argparse.ArgumentParser, line: str, cell: str | None
) -> tuple[argparse.Namespace, list[str]]:
    if cell is not None:
        return parser.parse_args(shlex.split(line)), parts(cell)
    words = line.split(f" {SEPARATOR} ")
    # Options stand before the first statement.
    head = ""
    while words[0].lstrip().startswith("-"):
        option, _, rest = words[0].lstrip().partition(" ")
        value, _, words[0] = rest.lstrip().partition(" ")
        head += f" {option} {value}"
    return parser.parse_args(shlex.split(head)), [word.strip() for word in words]


def parts(cell: str) -> list[str]:
    """The contenders in a cell."""
    lines = cell.strip("\n").split("\n")
    if any(line.strip() == SEPARATOR for line in lines):
        blocks = "\n".join(lines).split(f"\n{SEPARATOR}\n")
        return [block.strip("\n") for block in blocks if block.strip()]
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
