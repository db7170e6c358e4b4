"""Stored results, read as far as they can be compared."""

from dataclasses import dataclass

from hotloop.base.stored import Named, read
from hotloop.diff.kinds import KINDS, Content


@dataclass(frozen=True, slots=True)
class Source:
    """A stored result that was read, and what it is called."""

    label: str
    path: str
    content: Content


def read_source(named: Named) -> Source:
    """The result of a file. Raises MeasurementError if there is none."""
    stored = read(named, tuple(KINDS))
    content = KINDS[stored.schema].content(stored.content, named.source)
    return Source(named.label, named.source, content)
