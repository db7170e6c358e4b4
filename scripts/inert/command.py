"""``scripts/gate-inert``: runs on commits that cost the same, a line for each, tables at the end.

Exit codes: 0 done, 2 usage, 4 nothing could be measured, 130 interrupted; whatever was measured
before is kept, and a later call continues in the same file.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from hotloop.base.errors import UsageError
from scripts import frame, records
from scripts.attempts import SECONDS_PER_HOUR, Attempts, parse_names, say
from scripts.inert import project, report, tools
from scripts.inert.project import SLOWER, Comparison
from scripts.inert.record import Run

PROJECT = "project"
RUNNERS = {"gate": tools.run_gate, "asv": tools.run_asv}
USAGE = """
  .venv/bin/python scripts/gate-inert FOLDER --hours 2
  .venv/bin/python scripts/gate-inert FOLDER --runs 20 --tools asv
  .venv/bin/python scripts/gate-inert FOLDER --runs 20 --slower
  .venv/bin/python scripts/gate-inert --report docs/records/inert-builds.jsonl
"""


def main(arguments: Sequence[str]) -> int:
    """Run and record, or print the tables; returns the exit code."""
    parser = frame.parser(
        "gate-inert",
        "How often the gate and asv continuous flag commits that differ in nothing that costs "
        "time.",
        USAGE,
    )
    parser.add_argument("folder", nargs="?", type=Path, help="where the project is made, once")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--hours", type=float, help="start no run after this time")
    length.add_argument("--runs", type=int, help="or end after so many runs (default: 1)")
    parser.add_argument(
        "--results", type=Path, default=Path("docs/records/inert-builds.jsonl"),
        help="the file that gets a line for each run (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--tools", default="gate", help="some of gate,asv (default: %(default)s)")
    parser.add_argument(
        "--slower", action="store_true", help="compare with the commits that do 103 %% of the turns"
    )
    parser.add_argument("--gate-options", default="", help='as in --gate-options="--thorough"')
    parser.add_argument("--report", type=Path, metavar="FILE", help="print the tables, run nothing")
    namespace = parser.parse_args(arguments)
    return frame.exit_code(
        "gate-inert",
        lambda: _run(namespace),
        interrupted="interrupted; what was measured is kept",
    )


def _run(namespace: argparse.Namespace) -> int:
    if namespace.report is not None:
        print(report.render(records.read(namespace.report, Run)), end="")
    else:
        _measure(namespace)
    return 0


def _measure(namespace: argparse.Namespace) -> None:
    if namespace.folder is None:
        raise UsageError("name a folder for the project, or --report FILE")
    names = parse_names("--tools", namespace.tools, RUNNERS)
    folder, results = (namespace.folder / PROJECT).absolute(), namespace.results.absolute()
    project.make(folder)
    say(f"measuring; every run becomes a line of {results}")
    end_s = time.monotonic() + (namespace.hours or 0.0) * SECONDS_PER_HOUR
    most = None if namespace.hours else namespace.runs or 1
    attempts, number = Attempts(), 0
    while number != most:
        name = random.choice(names)
        options = namespace.gate_options.split() if name == "gate" else []
        done = records.read(results, Run) if results.exists() else []
        comparison = next_one(done, tools.name_of(name, options), namespace.slower)
        if most is None and time.monotonic() >= end_s:
            return
        run = attempts.make(
            f"{name}, {comparison.head}", partial(RUNNERS[name], folder, comparison, options)
        )
        if run is not None:
            number += 1
            records.append(results, run)
            say(_words(run))


def next_one(done: Sequence[Run], tool: str, slower: bool) -> Comparison:
    """One of those that have had the fewest runs, at random."""
    if slower:
        choice = [Comparison(SLOWER, number) for number in range(project.BASES)]
    else:
        choice = project.comparisons()
    runs = Counter(run.head for run in done if run.tool == tool)
    fewest = min(runs[comparison.head] for comparison in choice)
    return random.choice([c for c in choice if runs[c.head] == fewest])


def _words(run: Run) -> str:
    return (
        f"{run.tool}, {run.head}, {run.seconds:.0f} s, load {run.load[0]:.1f}: "
        f"{' '.join(run.flags) or 'nothing flagged'}"
        f"{f', {len(run.undecided)} undecided' if run.undecided else ''}"
    )
