"""What to do, from the figures alone: the largest factor for the least change, and what it costs.

Nothing is called faster unless its interval says so, nor equal but on the examples.
"""

from collections.abc import Sequence

from hotloop.base.units import duration, measured_factor
from hotloop.compare.result import ContenderResult, Factor, Verdict
from hotloop.techniques.ladder import CONVERTED, CYTHON, MYPYC, NUMBA, PYTHRAN, TYPED
from hotloop.techniques.result import Seen, Technique

# A larger factor than that is worth a larger change.
WORTH = 1.5
# What is not shown to be faster by this much is not worth a change.
LEAST = 1.05

Row = tuple[Technique, ContenderResult]

CAVEATS = {
    CYTHON: "It computes with Python's own objects, so that other inputs behave as before",
    NUMBA: "Another input may need more than 63 bits, which numba wraps in silence; it freezes "
    "global variables when it compiles",
    CONVERTED: "Callers must keep arrays, where an index outside of them is not noticed; more "
    "than 63 bits wrap in silence",
    MYPYC: "Other types raise TypeError; integers stay exact",
    PYTHRAN: "Other types are refused; more than 63 bits wrap in silence, and so may // and % of "
    "negative numbers differ",
    TYPED: "Other types are refused or converted; more than 63 bits raise OverflowError",
}


def advice(seen: Seen, rows: Sequence[Row]) -> tuple[str, ...]:
    """One sentence for the best choice, and one for the next cheaper and the next faster."""
    faster = [
        (technique, row, row.factor)
        for technique, row in rows
        if row.factor is not None
        and row.factor.verdict is Verdict.FASTER
        and row.factor.low >= LEAST
    ]
    if not faster:
        return ("none of them is shown to be faster by 5 % or more: leave it as it is",)
    largest = max(faster, key=lambda one: one[2].value)
    near = [one for one in faster if one[2].value * WORTH >= largest[2].value]
    best = min(near, key=lambda one: (one[0].cost, -one[2].value))
    cheaper = [one for one in faster if one[0].cost < best[0].cost]
    found = [_best(*best, seen)]
    if cheaper:
        technique, _, ratio = max(cheaper, key=lambda one: one[2].value)
        found.append(f"with less change: {technique.name} {shown(ratio)}")
    if largest[0] is not best[0]:
        technique, _, ratio = largest
        found.append(f"with more change: {technique.name} {shown(ratio)}")
    return tuple(found)


def _best(technique: Technique, row: ContenderResult, ratio: Factor, seen: Seen) -> str:
    where = "this example" if seen.examples == 1 else f"these {seen.examples} examples"
    parts = [
        f"{technique.name}: {shown(ratio)}, equal on {where}",
        f"change: {technique.change}{_once(technique, row)}",
        _rests_on(seen),
        CAVEATS.get(technique.name, ""),
    ]
    return ". ".join(part for part in parts if part)


def shown(ratio: Factor) -> str:
    """ "45x [43, 47]"."""
    value = measured_factor(ratio.value, ratio.half_width)
    low, high = (measured_factor(bound, ratio.half_width) for bound in (ratio.low, ratio.high))
    return f"{value} [{low.removesuffix('x')}, {high.removesuffix('x')}]"


def _once(technique: Technique, row: ContenderResult) -> str:
    if technique.compile_seconds is not None:
        return f"; compiled in {duration(technique.compile_seconds)}"
    if row.first_call_is_slow and row.first_call_seconds is not None:
        return f"; the first call takes {duration(row.first_call_seconds)}"
    return ""


def _rests_on(seen: Seen) -> str:
    said = f"rests on {', '.join(seen.arguments) or 'no arguments'}"
    return said if seen.widest is None else f"{said}; largest integer {seen.widest.bits} bits"
