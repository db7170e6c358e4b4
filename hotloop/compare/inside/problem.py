"""The input of a comparison: what ``problem()`` returns, or what an expression says.

A tuple holds the arguments; anything else is the only one. If ``problem()`` is a generator
function, each thing that it yields is an example: the first is timed, all are checked.
"""

from __future__ import annotations

import random
import sys
import types
from collections.abc import Generator

from hotloop.compare.inside.loading import PROBLEM, load_module, needs_arguments

# What only annotations need is not imported: see ``loading``.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

# Values that no call can change.
ATOMS = (type(None), bool, int, float, complex, str, bytes, range, type, type(...))
EXAMPLES_AT_MOST = 100


class NoInput(Exception):
    """There is no input, or it cannot be used."""


def seed_all(seed: int) -> None:
    """Seed the generators that a program has by default."""
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)


def names_of(source: Mapping[str, Any]) -> dict[str, Any]:
    """The size under its name, for the set-up, ``args`` and statements."""
    return {} if source.get("size") is None else {source["size_name"]: source["size"]}


def maker(source: Mapping[str, Any], namespace: dict[str, Any]) -> Callable[[], object] | None:
    """What gives the input of a source; None: there is none, and nothing was asked for.

    ``source``: ``args`` is an expression in ``namespace``; ``from`` a module with ``problem``;
    ``size`` its argument.
    """
    size = source.get("size")
    if source.get("args") is not None:
        code = compile(source["args"], "--args", "eval")
        return lambda: eval(code, namespace)
    home = source.get("from")
    problem = namespace.get(PROBLEM) if home is None else getattr(load_module(home), PROBLEM, None)
    if problem is None:
        return None
    if not callable(problem):
        raise NoInput(f"{PROBLEM} is no function: let it be one that returns the arguments")
    if size is not None:
        return lambda: problem(size)
    if needs_arguments(problem):
        import inspect

        names = ", ".join(inspect.signature(problem).parameters)
        raise NoInput(f"{PROBLEM}({names}) needs a value: give one, as in --over {names}=1000")
    return problem  # type: ignore[no-any-return]


def examples(make: Callable[[], object], seed: int) -> list[tuple[object, ...]]:
    """The arguments of each example. Raises NoInput if there is none."""
    seed_all(seed)
    made = make()
    # Compiled ones too.
    if isinstance(made, Generator):
        several = []
        for example in made:
            several.append(as_arguments(example))
            if len(several) > EXAMPLES_AT_MOST:
                raise NoInput(f"{PROBLEM}() yields more than {EXAMPLES_AT_MOST} examples")
        if not several:
            raise NoInput(f"{PROBLEM}() yields nothing")
        return several
    if isinstance(made, types.CoroutineType):
        made.close()
        raise NoInput(f"{PROBLEM}() is an async function: let it be a plain one")
    return [as_arguments(made)]


def as_arguments(value: object) -> tuple[object, ...]:
    """A tuple as it is, anything else as the only argument."""
    # A named tuple is one value.
    return value if type(value) is tuple else (value,)


def used_up(arguments: tuple[object, ...]) -> str | None:
    """Why the arguments serve for one call only, in a sentence; None: for as many as you like."""
    for number, value in enumerate(arguments, 1):
        if hasattr(value, "__next__"):
            return (
                f"argument {number} is {type(value).__name__!r}, which the first call uses up: "
                "give a list, or --fresh"
            )
    return None


def copier(arguments: tuple[object, ...]) -> Callable[[], tuple[object, ...]] | None:
    """A function that makes a copy of the arguments; None: they cannot be copied."""
    try:
        first = [_copier_of(value) for value in arguments]
    except Exception:
        return None

    def fresh() -> tuple[object, ...]:
        return tuple([one() for one in first])

    return fresh


def _copier_of(value: Any) -> Callable[[], object]:
    import copy

    kept = copy.deepcopy(value)
    if isinstance(value, ATOMS):
        return lambda: kept
    # A list of numbers is copied a hundred times as fast by its own method.
    flat = type(value) in (list, set, dict, bytearray) and all(
        isinstance(item, ATOMS) for item in (value.values() if type(value) is dict else value)
    )
    if flat or (type(value).__module__ == "numpy" and _is_plain_array(value)):
        return kept.copy  # type: ignore[no-any-return]
    return lambda: copy.deepcopy(kept)


def _is_plain_array(value: Any) -> bool:
    return type(value).__name__ == "ndarray" and not value.dtype.hasobject
