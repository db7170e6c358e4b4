"""Where measured text stands in a document: blocks that begin with their command, rows of them.

A block is fenced, and its first line is "$ hotloop ...", which may go on after a backslash. The
block after a comment ``<!-- rows of: $ COMMAND: NAMES -->`` has those rows of that block's table.
"""

import re
import shlex
from collections.abc import Mapping

from hotloop.base.errors import MeasurementError

FENCE = "```\n"
_BLOCK = re.compile(
    r"^```\n(\$ hotloop (?:[^\n]*\\\n)*[^\n]*\n)(.*?)^```$", re.DOTALL | re.MULTILINE
)
_ROWS = re.compile(
    r"(<!-- rows of: \$ (.*): (.*) -->\n\n```\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE
)
_CONTINUED = re.compile(r"\\\n\s*")


def commands(document: str) -> list[str]:
    """The command of each block, on one line, in order."""
    return [_command(found[1]) for found in _BLOCK.finditer(document)]


def words(command: str) -> list[str]:
    """What to call: "hotloop" is left out."""
    return shlex.split(command)[1:]


def renewed(document: str, outputs: Mapping[str, str]) -> str:
    """The document with the outputs by command; blocks of other commands stay as they are."""

    def block(found: re.Match[str]) -> str:
        output = outputs.get(_command(found[1]))
        return found[0] if output is None else f"{FENCE}{found[1]}{output.rstrip()}\n```"

    def rows(found: re.Match[str]) -> str:
        output = outputs.get(found[2])
        return (
            found[0] if output is None else found[1] + chosen(output, found[3].split()) + found[5]
        )

    return _ROWS.sub(rows, _BLOCK.sub(block, document))


def chosen(output: str, names: list[str]) -> str:
    """The head of the first table in ``output`` and the rows of these names, lines that go on too.

    Raises MeasurementError if a row is not there.
    """
    paragraphs = output.split("\n\n")
    table = next((p.splitlines() for p in paragraphs if p.split(" ")[0].strip() == "variant"), [])
    rows: dict[str, list[str]] = {}
    for line in table:
        name = line.split("  ")[0]
        if name:
            rows[name] = []
        # A line without a name goes on with the row above it.
        rows[name or list(rows)[-1]].append(line)
    missing = [name for name in names if name not in rows]
    if missing:
        raise MeasurementError(f"the table has no row {', '.join(missing)}")
    return "".join(f"{line}\n" for name in ("variant", *names) for line in rows[name])


def _command(lines: str) -> str:
    return _CONTINUED.sub("", lines.removeprefix("$ ")).strip()
