"""What ``hotloop diff`` was asked for: parsed once, refused before anything is read."""

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.report.exports import parse_exports

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Named:
    """A result and what it is called; ``path`` None: standard input."""

    label: str
    path: Path | None


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
        help="what --json of another command has stored: FILE, LABEL=FILE or - (standard input); "
        "each is compared with the first",
    )
    parser.add_argument("--json", metavar="FILE", help="store the changes")
    parser.add_argument("--csv", metavar="FILE", help="store one row a change")
    parser.add_argument("--markdown", metavar="FILE", help="store the tables")


def parse_options(namespace: argparse.Namespace) -> Options:
    """The options, all checked. Raises UsageError with the option and its value."""
    results = tuple(map(_named, namespace.results))
    if len(results) < 2:
        raise UsageError("one result has nothing to be compared with: give two or more")
    if sum(named.path is None for named in results) > 1:
        raise UsageError("standard input (-) can be read once only")
    return Options(results=_apart(results), **parse_exports(namespace, ("json", "csv", "markdown")))


def _named(text: str) -> Named:
    if text == STDIN:
        return Named("stdin", None)
    label, equals, rest = text.partition("=")
    # A file may have an equals sign in its name.
    if equals and label and rest and not Path(text).exists():
        return Named(label, None if rest == STDIN else Path(rest))
    return Named(Path(text).stem, Path(text))


def _apart(results: tuple[Named, ...]) -> tuple[Named, ...]:
    """With labels that differ: where two files have one name, their whole paths."""
    times = Counter(named.label for named in results)
    apart = tuple(
        Named(str(named.path), named.path) if times[named.label] > 1 and named.path else named
        for named in results
    )
    labels = [named.label for named in apart]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice} is there twice: give each a name of its own, as in A={twice}")
    return apart
