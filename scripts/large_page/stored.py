"""Made results: one run of the gate on a large suite, and years of asv's history."""

import json
import random
from pathlib import Path

from asv.results import Results

from hotloop.base.machine import Machine
from hotloop.gate.result import to_json
from scripts.error_rates.suites import Case, Part, simulated

SEED = 417
MACHINE = "box"
WEEK_MS = 7 * 86_400_000
# A history's benchmarks: how many change their speed once, and how many never.
STEPPED, STEADY = 50, 150


def gate(path: Path, rows: int, machine: Machine) -> None:
    """The JSON of one simulated run: a twentieth of the suite is 5 % slower."""
    slower = rows // 20
    case = Case("large", (Part(rows - slower, 0.005), Part(slower, 0.005, 0.05)))
    path.write_text(to_json(simulated(case, SEED, machine)), encoding="utf-8")


def history(folder: Path, commits: int) -> None:
    """A folder of asv's results, a commit a week."""
    rng = random.Random(SEED)
    names = [f"suite.Time.time_{n}" for n in range(STEPPED + STEADY)]
    steps = {name: rng.randrange(commits // 4, commits) for name in names[:STEPPED]}
    entry = {"params": [], "param_names": [], "unit": "seconds", "type": "time", "version": "1"}
    described = {"machine": MACHINE, "os": "", "arch": "", "cpu": "", "num_cpu": "2", "ram": ""}
    (folder / MACHINE).mkdir(parents=True)
    benchmarks = {name: {"name": name, **entry} for name in names}
    (folder / "benchmarks.json").write_text(json.dumps({**benchmarks, "version": 2}))
    (folder / MACHINE / "machine.json").write_text(json.dumps({**described, "version": 1}))
    for n in range(commits):
        found = Results(described, {}, f"{n:040x}", n * WEEK_MS, "3.11", "env", {})
        for name in names:
            level = 1.1e-3 if n >= steps.get(name, commits) else 1e-3
            found._results[name] = [level * rng.gauss(1, 0.005)]
            found._benchmark_params[name] = []
            found._benchmark_version[name] = "1"
            for kept in (found._samples, found._stats, found._profiles):
                kept[name] = None
        found.save(str(folder))
