"""A suite's list -> benchmarks, each with its name and with the key by which processes find it.

asv's name       place                     name here
ops.run          ops:time_add              ops.time_add      two that share asv's name
ops.run          ops:time_mul              ops.time_mul
ops.<lambda>     ops:time_short            ops.time_short    a name that says nothing
ops.Sum.time_it  ops:Sum.time_it           ops.Sum.time_it   any other
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hotloop.gate.model import Benchmark, Kind
from hotloop.gate.suites.suite import matches
from hotloop.gate.worker.find import identity

# asv calls timeraw's type "time" as well; only the name tells them apart.
RAW_NAME = re.compile(r"(Timeraw[A-Z_].+)|(timeraw_.+)")
# Python's name for every function without a name.
LAMBDA = "<lambda>"

ListedBenchmark = Mapping[str, Any]
Axis = tuple[str, int]
"""The place of a benchmark, and the number of its parameters."""


@dataclass(frozen=True, slots=True)
class Found:
    """A benchmark, and the names by which others may know it.

    ``asv_label`` is what asv prints; ``keys`` are equal for the same benchmark in another suite.
    """

    benchmark: Benchmark
    asv_label: str
    keys: frozenset[tuple[str, tuple[str, ...]]]

    def matches(self, patterns: Sequence[re.Pattern[str]]) -> bool:
        """Whether any pattern is found in its name or in asv's; true without patterns."""
        return matches(self.benchmark.label, patterns) or matches(self.asv_label, patterns)


def expand(
    entries: Sequence[ListedBenchmark], default_timeout_s: float, changing: Collection[Axis] = ()
) -> tuple[tuple[Found, ...], tuple[tuple[str, str], ...]]:
    """Benchmarks with each combination of their parameters, and (name, reason) of the others.

    ``changing`` are parameters whose texts change from process to process: numbers name their
    values. Combinations are numbered as in asv; benchmarks that share a cached set-up get the
    longest of their limits.
    """
    names = named(entries)
    shared = Counter(entry["name"] for entry in entries)
    found: list[Found] = []
    unknown: list[tuple[str, str]] = []
    limits = {entry["place"]: _timeout_s(entry, default_timeout_s) for entry in entries}
    cache_s: dict[str | None, float] = {}
    for entry in entries:
        key = entry.get("setup_cache_key")
        limit_s = _seconds(entry.get("setup_cache_timeout")) or limits[entry["place"]] or 0.0
        cache_s[key] = max(limit_s, cache_s.get(key, 0.0))
    for entry in sorted(entries, key=lambda entry: names[entry["place"]]):
        name, timeout_s = names[entry["place"]], limits[entry["place"]]
        kind = _kind(entry)
        if kind is None:
            unknown.append((name, f"benchmarks of type {entry['type']!r} are unknown here"))
            continue
        if timeout_s is None:
            unknown.append((name, f"its timeout is {entry['timeout']!r}, no number of seconds"))
            continue
        if not all(entry["params"]):
            unknown.append((name, "its parameters have no combination: one of them has no value"))
            continue
        for combination, texts, wanted in _combinations(entry, changing):
            benchmark = Benchmark(
                name=name,
                params=texts,
                combination=combination,
                kind=kind,
                unit=str(entry["unit"]),
                timeout_s=timeout_s,
                setup_cache_key=entry.get("setup_cache_key"),
                setup_cache_timeout_s=cache_s[entry.get("setup_cache_key")],
                identity=identity(entry["place"], wanted),
            )
            by_asv = entry["name"] if not texts else f"{entry['name']}({', '.join(texts)})"
            keys = {entry["place"]} | ({entry["name"]} if shared[entry["name"]] == 1 else set())
            found.append(Found(benchmark, by_asv, frozenset((key, texts) for key in keys)))
    return tuple(found), tuple(unknown)


def named(entries: Sequence[ListedBenchmark]) -> dict[str, str]:
    """A name for each place: asv's or, if two share that or might, the place's own.

    No two are equal: if the places' names are, the colon after the module tells them apart.
    """
    names = {
        entry["place"]: dotted(entry["place"]) if entry["name"].endswith(LAMBDA) else entry["name"]
        for entry in entries
    }
    for other in (dotted, str):
        taken = Counter(names.values())
        names = {p: name if taken[name] == 1 else other(p) for p, name in names.items()}
    return names


def dotted(place: str) -> str:
    """``ops:Sum.time_it`` -> ``ops.Sum.time_it``, what asv would usually call it."""
    return place.replace(":", ".", 1).lstrip(".")


def differing(entries: Iterable[ListedBenchmark], others: Iterable[ListedBenchmark]) -> set[Axis]:
    """Which parameters of ``entries`` have values whose texts are missing in ``others``."""
    known = {entry["place"]: entry["params"] for entry in others}
    return {
        (entry["place"], number)
        for entry in entries
        for number, texts in enumerate(entry["params"])
        if number >= len(known.get(entry["place"], ()))
        or sorted(map(tuple, texts)) != sorted(map(tuple, known[entry["place"]][number]))
    }


def _combinations(
    entry: ListedBenchmark, changing: Collection[Axis]
) -> Iterable[tuple[int | None, tuple[str, ...], list[tuple[str | None, int, int, int]] | None]]:
    """For each combination: asv's number, the texts to show, and the keys of the values."""
    if not entry["params"]:
        return [(None, (), None)]
    axes = []
    for number, texts in enumerate(entry["params"]):
        count = len(texts)
        if (entry["place"], number) in changing:
            axes.append([(f"value {k + 1} of {count}", (None, 1, k, count)) for k in range(count)])
        else:
            axes.append([(text, (text, alike, k, count)) for k, (text, alike) in enumerate(texts)])
    return (
        (number, tuple(text for text, _ in values), [wanted for _, wanted in values])
        for number, values in enumerate(itertools.product(*axes))
    )


def _kind(entry: ListedBenchmark) -> Kind | None:
    last = dotted(entry["place"]).rpartition(".")[2], entry["name"].rpartition(".")[2]
    if entry["type"] == Kind.TIME.value and any(map(RAW_NAME.fullmatch, last)):
        return Kind.TIMERAW
    return next((kind for kind in Kind if kind.value == entry["type"]), None)


def _timeout_s(entry: ListedBenchmark, default_s: float) -> float | None:
    """None if the suite's value is not a number."""
    timeout = entry.get("timeout")
    return default_s if timeout is None else _seconds(timeout)


def _seconds(value: object) -> float | None:
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None
