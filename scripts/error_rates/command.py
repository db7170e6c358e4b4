"""``scripts/gate-error-rates``: runs in random order, a line for each, tables at the end.

Exit codes: 0 done, 2 usage, 4 nothing could be measured, 130 interrupted; whatever was
measured before is kept, and a later call continues in the same file.
"""

import argparse
import contextlib
import random
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.base.values import parse_number
from scripts import frame, gate_and_asv, records
from scripts.attempts import SECONDS_PER_HOUR, Attempts, parse_names, say
from scripts.error_rates import (
    busy,
    equal,
    floors,
    known_project,
    record,
    report,
    simulated,
    suites,
    tools,
)
from scripts.error_rates.known_project import TRUE_SLOWDOWNS, branch
from scripts.error_rates.record import Load

RESULTS = "error-rates.jsonl"
PROJECT = "known"
# False alarms are the rarer event, so that equal commits get more runs.
EQUAL_PER_ROUND = 5

RUNNERS = {
    "gate": tools.run_gate,
    "asv": tools.run_asv,
    "pytest": tools.run_pytest,
    "benchmark": tools.run_benchmark,
}
# What the tables of docs/gate-measured.md are about.
USUAL = ("gate", "asv")
USAGE = """
  .venv/bin/python scripts/gate-error-rates FOLDER --hours 2          quiet machine
  .venv/bin/python scripts/gate-error-rates FOLDER --hours 2 --load   one busy loop a core
  .venv/bin/python scripts/gate-error-rates --report FOLDER/error-rates.jsonl
  .venv/bin/python scripts/gate-error-rates --report FOLDER/error-rates.jsonl --simulate 10000
  .venv/bin/python scripts/gate-error-rates --report FOLDER/error-rates.jsonl --equal-runs 10000
  .venv/bin/python scripts/gate-error-rates --floors 2000             to choose the defaults from
  .venv/bin/python scripts/gate-error-rates --suites 20               whole runs of large suites
"""


def main(arguments: Sequence[str]) -> int:
    """Run and record, or print the tables; returns the exit code."""
    parser = frame.parser(
        "gate-error-rates",
        "How often the gate, asv continuous and pytest-benchmark are wrong, on a project whose "
        "slowdowns are known.",
        USAGE,
    )
    parser.add_argument("folder", nargs="?", type=Path, help="where the project is made, once")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--hours", type=float, help="start no run after this time")
    length.add_argument("--rounds", type=int, help="or end after so many rounds (default: 1)")
    busy_how = parser.add_mutually_exclusive_group()
    busy_how.add_argument("--load", action="store_true", help="keep every core busy meanwhile")
    busy_how.add_argument(
        "--shared", action="store_true", help="note that others use the machine meanwhile"
    )
    parser.add_argument(
        "--equal", type=int, default=EQUAL_PER_ROUND,
        help="runs on equal commits in a round, beside one for each slowdown "
        "(default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--slowdowns", default=",".join(map(str, TRUE_SLOWDOWNS)),
        help="in per cent (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--tools", default=",".join(USUAL),
        help=f"some of {', '.join(RUNNERS)}: the last two are `hotloop gate --pytest` and "
        "pytest-benchmark's compare-fail (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--gate-options", default="", help='for the gate, as in --gate-options="--thorough"'
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="print the tables, run nothing")
    parser.add_argument(
        "--of", metavar="COMMIT",
        help="with --report: only runs of this version of hotloop (older lines: unknown)",
    )  # fmt: skip
    parser.add_argument(
        "--simulate", type=int, metavar="RUNS",
        help="with --report: draw so many runs from the pairs on equal commits instead",
    )  # fmt: skip
    parser.add_argument(
        "--equal-runs", type=int, metavar="RUNS",
        help="with --report: so many whole runs on equal commits, drawn from the same pairs",
    )  # fmt: skip
    parser.add_argument(
        "--floors", type=int, metavar="RUNS",
        help="what each choice of floor and margin would give, from so many simulated runs",
    )  # fmt: skip
    parser.add_argument(
        "--build-sd", metavar="PERCENT,...", default="0.1,0.2,0.3,0.5",
        help="with --floors: by how much builds of equal code differ, as scripts/gate-inert "
        "measures it (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--suites", type=int, metavar="RUNS",
        help="simulate so many whole runs of each of some large suites, and nothing else",
    )  # fmt: skip
    namespace = parser.parse_args(arguments)
    return frame.exit_code(
        "gate-error-rates",
        lambda: _run(namespace),
        interrupted="interrupted; what was measured is kept",
    )


def _run(namespace: argparse.Namespace) -> int:
    if namespace.of is not None and namespace.report is None:
        raise UsageError("--of chooses among the runs of --report FILE")
    if namespace.simulate is not None and (namespace.report is None or namespace.simulate < 5):
        raise UsageError("--simulate takes 5 runs or more, and --report FILE to draw them from")
    if namespace.equal_runs is not None and (namespace.report is None or namespace.equal_runs < 1):
        raise UsageError("--equal-runs takes 1 run or more, and --report FILE to draw them from")
    if namespace.floors is not None and namespace.floors < 1:
        raise UsageError(f"--floors {namespace.floors}: at least one run")
    if namespace.floors is not None:
        print(floors.render(namespace.floors, _parse_percents(namespace.build_sd)), end="")
    elif namespace.suites is not None:
        if namespace.suites < 1:
            raise UsageError(f"--suites {namespace.suites}: at least one run")
        suites.write(sys.stdout, namespace.suites)
    elif namespace.equal_runs is not None:
        runs = _recorded(namespace)
        record.refuse_mixed(runs)
        equal.write(sys.stdout, runs, namespace.equal_runs)
    elif namespace.simulate is not None:
        runs = _recorded(namespace)
        record.refuse_mixed(runs)
        print(simulated.render(runs, namespace.simulate), end="")
    elif namespace.report is not None:
        print(report.render(_recorded(namespace)), end="")
    else:
        _measure(namespace)
    return 0


def _recorded(namespace: argparse.Namespace) -> list[record.Run]:
    return record.of_version(records.read(namespace.report, record.Run), namespace.of)


def _measure(namespace: argparse.Namespace) -> None:
    if namespace.folder is None:
        raise UsageError("name a folder for the project, or --report FILE")
    slowdowns = _parse_slowdowns(namespace.slowdowns)
    names = parse_names("--tools", namespace.tools, RUNNERS)
    folder = namespace.folder.absolute()
    project, results = folder / PROJECT, folder / RESULTS
    known_project.make(project)
    branches = sorted({0, *slowdowns} if namespace.equal else set(slowdowns))
    built = {(run.tool, run.slowdown_percent) for run in _earlier(results)}
    for slowdown in branches:
        for name in names:
            if (tools.TOOLS[name], slowdown) in built:
                continue
            say(f"{name}: building base and {branch(slowdown)}")
            tools.prepare(name, project, slowdown)
    say(f"measuring; every run becomes a line of {results}")
    load = Load.LOADED if namespace.load else Load.SHARED if namespace.shared else Load.QUIET
    end_s = time.monotonic() + (namespace.hours or 0.0) * SECONDS_PER_HOUR
    attempts = Attempts()
    number = 0
    with busy.every_core() if namespace.load else contextlib.nullcontext():
        while number < (namespace.rounds or 1) or namespace.hours:
            for slowdown, name in one_round(slowdowns, namespace.equal, names):
                if namespace.hours and time.monotonic() >= end_s:
                    return
                options = namespace.gate_options.split() if name in ("gate", "pytest") else []
                runs = attempts.make(
                    f"{name}, {slowdown} % slower",
                    partial(RUNNERS[name], project, slowdown, load, options),
                )
                for run in runs or ():
                    records.append(results, run)
                    say(_words(run))
            number += 1


def _earlier(results: Path) -> list[record.Run]:
    """Runs of this version of hotloop, for which everything was built."""
    if not results.exists():
        return []
    version = gate_and_asv.commit_of(gate_and_asv.ROOT)
    return [run for run in records.read(results, record.Run) if run.commit == version]


def one_round(slowdowns: Sequence[int], equal: int, names: Sequence[str]) -> list[tuple[int, str]]:
    """Each slowdown once and equal commits several times, by each tool; the order random.

    The tools follow each other on the same commits, so that they share the hours.
    """
    pairs = [*slowdowns, *[0] * equal]
    random.shuffle(pairs)
    return [(slowdown, name) for slowdown in pairs for name in random.sample(names, len(names))]


def _parse_percents(text: str) -> tuple[float, ...]:
    """``0.1,0.5`` as fractions. Raises UsageError."""
    parts = [parse_number("--build-sd", part) for part in text.split(",")]
    if not all(0 <= part <= 100 for part in parts):
        raise UsageError(f"--build-sd {text}: give per cent from 0 to 100, as in 0.1,0.5")
    return tuple(part / 100 for part in parts)


def _parse_slowdowns(text: str) -> list[int]:
    chosen = [part for part in text.split(",") if part]
    for part in chosen:
        if part not in map(str, TRUE_SLOWDOWNS):
            raise UsageError(f"--slowdowns {text}: {part} is none of {[*TRUE_SLOWDOWNS]}")
    return [int(part) for part in chosen]


def _words(run: record.Run) -> str:
    return (
        f"{run.tool.value}, {run.load.value}, {run.slowdown_percent} % slower, "
        f"{run.seconds:.0f} s, code {run.exit_code}: {len(run.slower)} slower"
        f"{', ' + str(len(run.faster)) + ' faster' if run.faster else ''}"
        f"{', ' + str(len(run.undecided)) + ' undecided' if run.undecided else ''}"
        f"{' (' + ' '.join(run.flags) + ')' if run.slowdown_percent == 0 and run.flags else ''}"
    )
