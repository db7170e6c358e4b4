"""The API for notebooks and scripts: ``compare``, ``Variant`` and the result, ``Comparison``."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotloop.base.conditions import read_conditions
from hotloop.base.errors import UsageError
from hotloop.base.values import parse_budget, seed_or_new
from hotloop.compare.assistant import workplace
from hotloop.compare.contenders import Entrant, Input, Source, parse_statement
from hotloop.compare.options import DEFAULT_BUDGET_S, DEFAULT_PATIENCE_S, parse_patience
from hotloop.compare.result import Comparison
from hotloop.compare.rule import parse_rule
from hotloop.compare.run import Request
from hotloop.compare.run import compare as run_comparison
from hotloop.report.progress import progress_on


@dataclass(frozen=True, slots=True)
class Variant:
    """A function, or a statement in a string, under a name of its own."""

    name: str
    code: Callable[..., object] | str


def compare(
    *variants: Variant | Callable[..., object] | str,
    args: object = None,
    problem: Callable[[], object] | None = None,
    names: Mapping[str, Any] | None = None,
    setup: str = "",
    fresh: bool = False,
    check: str = "equal",
    budget: float = DEFAULT_BUDGET_S,
    patience: float = DEFAULT_PATIENCE_S,
    seed: int | None = None,
    quiet: bool = True,
) -> Comparison:
    """Compare functions, or statements in strings; the first is the reference.

    ``args``: the arguments of every call, a tuple, or anything else as the only one;
    ``problem``: a function that returns them, called in each process. ``names``: what statements
    may use, beside what ``setup`` defines. The rest as ``hotloop compare --help`` says; times in
    seconds.

    Each contender gets fresh processes, to which functions and names travel by cloudpickle:
    those of a notebook too. Raises UsageError if there is nothing to compare, or something cannot
    travel.
    """
    start_s = time.perf_counter()
    if not variants:
        raise UsageError("name what to compare: functions, or statements in strings")
    if args is not None and problem is not None:
        raise UsageError("give args or problem, not both")
    budget_s, patience_s = parse_budget(str(budget)), parse_patience(str(patience))
    make = problem if problem is not None or args is None else _returning(args)
    with (
        progress_on(sys.stderr, quiet) as progress,
        workplace(None) as (folder, assistant),
    ):
        entrants = [
            _entrant(variant, place, folder, make, names or {})
            for place, variant in enumerate(variants)
        ]
        for entrant in entrants:
            if sum(other.name == entrant.name for other in entrants) > 1:
                raise UsageError(
                    f"{entrant.name} was given twice: Variant(name, function) gives it another name"
                )
        request = Request(
            entrants=tuple(entrants),
            given=Input(setup, None, None, pickled=entrants[0].source.pickled),
            label=_label(args, problem, setup),
            rule=parse_rule(check),
            fresh=fresh,
            budget_s=budget_s,
            patience_s=patience_s,
            seed=seed_or_new(seed),
        )
        return run_comparison(request, read_conditions(), folder, assistant, progress, start_s)


def _returning(args: object) -> Callable[[], object]:
    return lambda: args


def _label(args: object, problem: object, setup: str) -> str:
    if problem is not None:
        return "input of problem()"
    if args is not None:
        kinds = [type(one).__name__ for one in (args if type(args) is tuple else (args,))]
        return f"input ({', '.join(kinds)})"
    return setup.replace("\n", "; ") or "no input"


def _entrant(
    variant: Variant | Callable[..., object] | str,
    place: int,
    folder: Path,
    make: Callable[[], object] | None,
    names: Mapping[str, Any],
) -> Entrant:
    if not isinstance(variant, Variant):
        name = variant if isinstance(variant, str) else getattr(variant, "__name__", repr(variant))
        variant = Variant(name, variant)
    if not variant.name.strip():
        raise UsageError("a variant has an empty name")
    content: dict[str, object] = {} if make is None else {"problem": make}
    path = folder / f"{place}.contender"
    if isinstance(variant.code, str):
        statement = parse_statement(variant.code)
        used = set(compile(variant.code, "statement", "exec", dont_inherit=True).co_names)
        content |= {name: value for name, value in names.items() if name in used}
        source = Source(statement=statement.statement, pickled=path)
    elif callable(variant.code):
        content["function"] = variant.code
        source = Source(function=_name(variant.code), module=_home(variant.code), pickled=path)
    else:
        kind = type(variant.code).__name__
        several = ": give each by itself, as in compare(f, g)" if kind in ("list", "tuple") else ""
        raise UsageError(f"{variant.name} is {kind!r}: it cannot be called{several}")
    _pickle(content, path, variant.name)
    return Entrant(variant.name, source)


def _name(function: Callable[..., object]) -> str:
    return getattr(function, "__qualname__", type(function).__qualname__)


def _home(function: Callable[..., object]) -> str:
    return getattr(function, "__module__", None) or "?"


def _pickle(content: Mapping[str, object], path: Path, name: str) -> None:
    import cloudpickle

    try:
        path.write_bytes(cloudpickle.dumps(dict(content)))
    except Exception as error:
        who = {"function": name, "problem": "the input"}
        parts = [who.get(part, part) for part, value in content.items() if not _travels(value)]
        raise UsageError(
            f"{' and '.join(parts) or name} cannot be sent to another process: {error}"
        ) from None


def _travels(value: object) -> bool:
    import cloudpickle

    try:
        cloudpickle.dumps(value)
    except Exception:
        return False
    return True
