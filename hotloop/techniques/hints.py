"""What the user may want to know before any figure: where the time is, and what a call does."""

from pathlib import Path

from hotloop.base.units import percent
from hotloop.compare.contenders import Source
from hotloop.techniques.options import functions
from hotloop.techniques.result import Part, Seen

# A part that takes so much of the time is the one to look at.
HOT = 0.5


def hints(source: Source, seen: Seen) -> tuple[str, ...]:
    """One sentence each."""
    found = _hot(source, seen)
    for name in seen.cached:
        found.append(
            f"{name} is cached: calls after the first only look its answers up, in the times too"
        )
    if seen.printed_chars:
        found.append("it prints, and printing is part of its time")
    if seen.changes_arguments:
        found.append("it changes its arguments: each call gets a copy, made outside of its time")
    return tuple(found)


def _hot(source: Source, seen: Seen) -> list[str]:
    """Where most of the time is, if that is in another function."""
    if not seen.profile:
        return []
    first = seen.profile[0]
    assert source.path is not None
    is_own = first.file == str(source.path) and first.line == seen.line
    if is_own or first.part < HOT:
        return []
    about = f"about {percent(first.part)} of the time is in {first.name}"
    return [about + _what_then(first, source)]


def _what_then(part: Part, source: Source) -> str:
    assert source.path is not None
    if part.file is None:
        return ", which is compiled already: no technique makes that part faster"
    if part.file != str(source.path):
        return f" of {Path(part.file).name}: a technique for this file does not reach that"
    if part.name in functions(source.path):
        return f", line {part.line}: try that, as in  hotloop try {source.path.name}:{part.name}"
    return f", line {part.line}"
