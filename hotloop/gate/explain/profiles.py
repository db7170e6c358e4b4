"""What the profiled processes saw, as figures of functions: pure.

Counts are those of one call of the benchmark, and only those that are the same in every process of
a side. Times are compared within a couple of processes; their sum is not that of plain calls, so
only their parts of it are worth anything.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hotloop.gate.explain.places import Places
from hotloop.gate.explain.watched import Sight, Sights
from hotloop.gate.model import Side
from hotloop.gate.worker.fingerprints import MODULE
from hotloop.gate.worker.parts import INSIDE, NAMELESS
from hotloop.gate.worker.profiling import IN_C

# A count per call has to be a whole number, but for what the calls of a slice share.
EXACT = 1e-9


@dataclass(frozen=True, slots=True, order=True)
class Function:
    """A function: its file's name on both sides and its path there; written in C: no file."""

    file: str
    path: str

    @property
    def is_c(self) -> bool:
        return self.file == IN_C

    @property
    def part(self) -> "Function":
        """The part of the file that it belongs to: itself, or what a lambda stands in."""
        if self.is_c:
            return self
        path = self.path.partition(INSIDE)[0]
        return Function(self.file, MODULE if path.startswith(NAMELESS) else path)


@dataclass(frozen=True, slots=True)
class Profile:
    """One side: seconds are of one call of the benchmark.

    ``counts``: calls of each function, None where they differ from process to process;
    ``own_s``: seconds in it and in what it calls of C; ``whole_s``: in all that it calls;
    ``edges``: caller and callee -> calls and seconds in all. ``resumed``: generators and
    coroutines, which are counted again each time they go on.
    """

    counts: Mapping[Function, float | None]
    own_s: Mapping[Function, float]
    whole_s: Mapping[Function, float]
    edges: Mapping[tuple[Function, Function], tuple[float, float]]
    resumed: frozenset[Function] = frozenset()


@dataclass(frozen=True, slots=True)
class Compared:
    """Both sides. ``growth_s``: of each function's own seconds, the median of all couples."""

    sides: Mapping[Side, Profile]
    growth_s: Mapping[Function, float]

    def count(self, side: Side, function: Function) -> float | None:
        """How often a call of the benchmark calls it; None: that varies."""
        return self.sides[side].counts.get(function, 0.0)

    def has_other_counts(self, function: Function) -> bool:
        """Whether both counts are known and differ."""
        base, head = (self.count(side, function) for side in Side)
        return base is not None and head is not None and abs(base - head) > EXACT

    def is_resumed(self, function: Function) -> bool:
        """Whether its count is of entries: it may go on several times in one call."""
        return any(function in profile.resumed for profile in self.sides.values())

    @property
    def functions(self) -> list[Function]:
        return sorted({*self.sides[Side.BASE].counts, *self.sides[Side.HEAD].counts})


def compare(sights: Sequence[Sights], places: Mapping[Side, Places]) -> Compared:
    """The figures of all couples."""
    seen = [
        {side: [_Slice.of(s, one[side], places[side]) for s in one[side].slices] for side in Side}
        for one in sights
    ]
    sides = {side: _profile([s for one in seen for s in one[side]]) for side in Side}
    functions = {*sides[Side.BASE].counts, *sides[Side.HEAD].counts}
    growth_s = {}
    for function in functions:
        by_couple = [
            statistics.median(
                head.own_s.get(function, 0.0) - base.own_s.get(function, 0.0)
                for base, head in zip(one[Side.BASE], one[Side.HEAD], strict=True)
            )
            for one in seen
        ]
        growth_s[function] = statistics.median(by_couple)
    return Compared(sides, growth_s)


@dataclass(slots=True)
class _Slice:
    """One report of a worker, of one call."""

    counts: dict[Function, float] = field(default_factory=dict)
    own_s: dict[Function, float] = field(default_factory=dict)
    whole_s: dict[Function, float] = field(default_factory=dict)
    edges: dict[tuple[Function, Function], tuple[float, float]] = field(default_factory=dict)
    resumed: set[Function] = field(default_factory=set)

    @staticmethod
    def of(report: Mapping[str, Any], sight: Sight, places: Places) -> "_Slice":
        made = _Slice()
        functions = []
        for file, path, calls, own_s, whole_s in report["functions"]:
            name = IN_C if file == IN_C else places.name(str(file))
            function = Function(name, str(path))
            functions.append(function)
            made.counts[function] = float(calls) / sight.calls
            made.own_s[function] = float(own_s) / sight.calls
            made.whole_s[function] = float(whole_s) / sight.calls
        for caller, callee, calls, whole_s in report["calls"]:
            pair = (functions[int(caller)], functions[int(callee)])
            made.edges[pair] = (float(calls) / sight.calls, float(whole_s) / sight.calls)
        made.resumed = {functions[int(number)] for number in report["resumed"]}
        return made


def _profile(slices: Sequence[_Slice]) -> Profile:
    functions = {function for each in slices for function in each.counts}
    edges = {pair for each in slices for pair in each.edges}
    return Profile(
        {f: _repeated([each.counts.get(f, 0.0) for each in slices]) for f in functions},
        {f: statistics.median(each.own_s.get(f, 0.0) for each in slices) for f in functions},
        {f: statistics.median(each.whole_s.get(f, 0.0) for each in slices) for f in functions},
        {
            pair: (
                statistics.median(each.edges.get(pair, (0.0, 0.0))[0] for each in slices),
                statistics.median(each.edges.get(pair, (0.0, 0.0))[1] for each in slices),
            )
            for pair in edges
        },
        frozenset().union(*(each.resumed for each in slices)),
    )


def _repeated(counts: Sequence[float]) -> float | None:
    return counts[0] if max(counts) - min(counts) <= EXACT else None


def by_part(values: Mapping[Function, float]) -> dict[Function, float]:
    """The sum of each part: lambdas belong to what they stand in."""
    found: dict[Function, float] = {}
    for function, value in values.items():
        found[function.part] = found.get(function.part, 0.0) + value
    return found
