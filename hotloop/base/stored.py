"""Stored results as a user names them: a file, a label and a file, or standard input."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.storage import as_text, other_schema, parse_json, schema_of

STDIN = "-"
NAMING = "FILE, LABEL=FILE or - (standard input)"
"""For a help text."""


@dataclass(frozen=True, slots=True)
class Named:
    """A result and what it is called; ``path`` None: standard input."""

    label: str
    path: Path | None

    @property
    def source(self) -> str:
        """Where it is from, for a message."""
        return "standard input" if self.path is None else str(self.path)


@dataclass(frozen=True, slots=True)
class Stored:
    """The JSON of a result, and the schema that it claims to have."""

    content: object
    schema: str


def parse_named(texts: Sequence[str]) -> tuple[Named, ...]:
    """Each with a label of its own. Raises UsageError if one is there twice."""
    named = tuple(map(_parse, texts))
    if sum(each.path is None for each in named) > 1:
        raise UsageError("standard input (-) can be read only once")
    times = Counter(each.label for each in named)
    apart = tuple(
        # Where two files have one name, their whole paths tell them apart.
        Named(str(each.path), each.path) if times[each.label] > 1 and each.path else each
        for each in named
    )
    twice = [label for label, number in Counter(a.label for a in apart).items() if number > 1]
    if twice:
        raise UsageError(f"{twice[0]} was given twice: give each a name of its own, as in A=FILE")
    return apart


def read(named: Named, schemas: Sequence[str]) -> Stored:
    """What is stored there. Raises MeasurementError unless it has one of the ``schemas``."""
    try:
        raw = sys.stdin.buffer.read() if named.path is None else named.path.read_bytes()
    except OSError as error:
        raise MeasurementError(f"cannot read {named.source}: {error.strerror or error}") from error
    content = parse_json(as_text(raw, named.source), named.source)
    schema = schema_of(content)
    if not isinstance(schema, str) or schema not in schemas:
        raise other_schema(named.source, schema, schemas)
    return Stored(content, schema)


def _parse(text: str) -> Named:
    if text == STDIN:
        return Named("stdin", None)
    label, equals, rest = text.partition("=")
    # A file may have an equals sign in its name.
    if equals and label and rest and not Path(text).exists():
        return Named(label, None if rest == STDIN else Path(rest))
    return Named(Path(text).stem, Path(text))
