"""What ``hotloop diff`` was asked for: parsed once, refused before anything is read."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.base.stored import NAMING, Named, parse_named
from hotloop.report.exports import parse_exports


@dataclass(frozen=True, slots=True)
class Options:
    """``results``: two or more; the first is what the others are compared with."""

    results: tuple[Named, ...]
    json: Path | None
    csv: Path | None
    markdown: Path | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "results",
        nargs="+",
        metavar="RESULT",
        help=f"what --json of another command has stored: {NAMING}; the others are compared with "
        "the first",
    )
    parser.add_argument("--json", metavar="FILE", help="store the changes")
    parser.add_argument("--csv", metavar="FILE", help="store a row for each change")
    parser.add_argument("--markdown", metavar="FILE", help="store the tables")


def parse_options(namespace: argparse.Namespace) -> Options:
    """The options, all checked. Raises UsageError with the option and its value."""
    results = parse_named(namespace.results)
    if len(results) < 2:
        raise UsageError("one result has nothing to be compared with: give two or more")
    return Options(results=results, **parse_exports(namespace, ("json", "csv", "markdown")))
