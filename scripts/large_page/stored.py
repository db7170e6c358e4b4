"""Made results: one run of the gate on a large suite, and years of asv's history."""

import random
from pathlib import Path

from hotloop.base.machine import Machine
from hotloop.gate.result import to_json
from scripts.error_rates.suites import Case, Part, simulated
from scripts.large_page import asv_results
from scripts.large_page.asv_results import Made

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

    def values(commit: int) -> dict[str, list[float]]:
        levels = {name: 1.1e-3 if commit >= steps.get(name, commits) else 1e-3 for name in names}
        return {name: [level * rng.gauss(1, 0.005)] for name, level in levels.items()}

    made = [(f"{n:040x}", n * WEEK_MS, values(n)) for n in range(commits)]
    asv_results.write(folder, MACHINE, [Made(name) for name in names], made)
