"""All that a call leaves: its answer or its exception, and its arguments as they are afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotloop.compare.inside.equal import Rules, first_difference
from hotloop.compare.inside.shown import shown

RETURNED, RAISED = "returned", "raised"

if TYPE_CHECKING:  # Python 3.8 could not evaluate it.
    Outcome = tuple[str, Any, tuple[Any, ...]]
    """How it ended, what it returned or the name of what it raised, its arguments."""


def returned(answer: object, arguments: tuple[object, ...]) -> Outcome:
    """The outcome of a call that gave an answer."""
    return RETURNED, answer, arguments


def raised(error: BaseException, arguments: tuple[object, ...]) -> Outcome:
    """The outcome of a call that raised: the name of the exception counts, not its words."""
    return RAISED, type(error).__name__, arguments


def difference(expected: Any, actual: Any, rules: Rules, types: dict[str, str]) -> str | None:
    """What another outcome differs in, in words; None: nothing."""
    how, value, arguments = expected
    did, other, left = actual
    if how != did or (how == RAISED and value != other):
        return f"it {_ending(did, other)}, where the reference {_ending(how, value)}"
    found = first_difference(value, other, rules, types)
    if found is not None:
        return found.sentence()
    for number, (one, same) in enumerate(zip(arguments, left), 1):
        found = first_difference(one, same, rules, types)
        if found is not None:
            return f"argument {number} is not left as the reference leaves it: {found.sentence()}"
    return None


def _ending(how: str, value: Any) -> str:
    return f"raises {value}" if how == RAISED else f"returns {shown(value)}"
