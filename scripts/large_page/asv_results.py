"""A folder of asv's results over commits, made instead of measured."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asv.results import Results


@dataclass(frozen=True, slots=True)
class Made:
    """A benchmark; ``params``: the values of each parameter, as asv writes them."""

    name: str
    unit: str = "seconds"
    params: list[list[str]] = field(default_factory=list)


def write(
    folder: Path,
    machine: str,
    benchmarks: Sequence[Made],
    commits: Iterable[tuple[str, int, Mapping[str, list[float]]]],
) -> None:
    """``commits``: hash, date in milliseconds since 1970, and values by the benchmark's name."""
    params = {made.name: made.params for made in benchmarks}
    entries = {
        made.name: {
            "name": made.name,
            "params": made.params,
            "param_names": ["n"] * len(made.params),
            "unit": made.unit,
            "type": "time",
            "version": "1",
        }
        for made in benchmarks
    }
    described = {"machine": machine, "os": "", "arch": "", "cpu": "", "num_cpu": "2", "ram": ""}
    (folder / machine).mkdir(parents=True)
    (folder / "benchmarks.json").write_text(json.dumps({**entries, "version": 2}))
    (folder / machine / "machine.json").write_text(json.dumps({**described, "version": 1}))
    for commit, date_ms, values in commits:
        found = Results(described, {}, commit, date_ms, "3.11", "env", {})
        for name, measured in values.items():
            found._results[name] = measured
            found._benchmark_params[name] = params[name]
            found._benchmark_version[name] = "1"
            for kept in (found._samples, found._stats, found._profiles):
                kept[name] = None
        found.save(str(folder))
