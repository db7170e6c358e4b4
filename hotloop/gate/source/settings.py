"""asv's settings that the gate does not keep, and what it says if one is set.

docs/gate.md has a table of all of asv's and asv_runner's; a test compares it with their sources.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hotloop.base.units import first_few
from hotloop.gate.model import Benchmark, Kind
from hotloop.gate.worker.find import SAMPLING

# Keys that asv reads outside its Config, or also accepts in another spelling.
ALSO_KNOWN = frozenset({"version", "build_cache_size", "wheel_cache_size"})
# Remarks in a configuration, for which JSON has no other place.
REMARKS = ("/", "_", "#", "$")
# Of a benchmark; attributes that asv_runner no longer reads are left out.
LOST_OF_BENCHMARKS: Mapping[str, str] = dict.fromkeys(
    SAMPLING, "the gate decides how many samples it takes, and of what length"
)
LOST_OF_CONFIGURATIONS: Mapping[str, str] = {
    "regressions_thresholds": "--floor says which slowdowns count",
    "regressions_first_commits": "base is the commit that the gate is given",
}
SHOWN_UNKNOWN = 5
# Units of figures that are better if they are larger.
RATE = re.compile(r"/ ?s(ec(ond)?)?$|\bper s(ec(ond)?)?\b|flops?$|\b[fi]ps$|hz$", re.IGNORECASE)


def of_configuration(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[str]:
    """Warnings about the keys of an asv.conf.json; ``defaults`` are asv's own."""
    set_ = [key for key in LOST_OF_CONFIGURATIONS if given.get(key)]
    yield from _told(set_, LOST_OF_CONFIGURATIONS, "the configuration")
    unknown = [
        key
        for key in sorted(given)
        if key not in defaults and key not in ALSO_KNOWN and not key.startswith(REMARKS)
    ]
    if unknown:
        more = len(unknown) - SHOWN_UNKNOWN
        yield (
            f"asv knows no {', '.join(unknown[:SHOWN_UNKNOWN])}"
            f"{f' and {more} others' if more > 0 else ''} in its configuration, and does without"
        )


def of_suite(benchmarks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Warnings about what benchmarks set, from the worker's list of them."""
    found = {name for entry in benchmarks for name in entry.get("settings", ())}
    yield from _told([n for n in LOST_OF_BENCHMARKS if n in found], LOST_OF_BENCHMARKS, "the suite")


def of_rates(benchmarks: Iterable[Benchmark]) -> Iterator[str]:
    """A warning about numbers of the suite's own that are better if they are larger."""
    rates = {
        f"{each.name} ({each.unit})": None
        for each in benchmarks
        if each.kind is Kind.TRACK and RATE.search(each.unit)
    }
    if rates:
        yield (
            f"a larger value counts as slower, as in asv, and a smaller one as faster, also of "
            f"{first_few(list(rates), SHOWN_UNKNOWN)}: let it return the time that something takes"
        )


def _told(names: list[str], why: Mapping[str, str], who: str) -> Iterator[str]:
    for reason in dict.fromkeys(why[name] for name in names):
        alike = [name for name in names if why[name] == reason]
        yield f"{who} sets {' and '.join(alike)}, which is not kept: {reason}"
