"""``scripts/compare-told-apart``: runs in random order, a record of each, and a table.

Exit codes: 0 done, 2 usage, 4 something could not be timed, 130 interrupted.
"""

import argparse
import math
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hotloop.base.errors import UsageError
from hotloop.stats.proportion import proportion
from scripts import frame, records
from scripts.circumstances import circumstances
from scripts.told_apart.tools import folder_of_pair, tools

# By name: how much longer the second function of the pair takes.
PAIRS = {"1 % slower": 1.01, "equal": 1.0}
RIGHT = {"1 % slower": "one", "equal": "neither"}
DISTRIBUTIONS = ("hotloop", "pyperf")
MINUTES = 10.0
USAGE = """
  .venv/bin/python scripts/compare-told-apart runs.jsonl --minutes 60
  .venv/bin/python scripts/compare-told-apart runs.jsonl --runs 100
  .venv/bin/python scripts/compare-told-apart --report runs.jsonl

Each round asks every tool about both pairs, in random order, and adds a line to the record for
each answer; the same command goes on where it was stopped. pyperf takes part if it is installed,
hyperfine if it is on the PATH.
"""


def main(arguments: Sequence[str]) -> int:
    """Measure or report; returns the exit code."""
    parser = frame.parser(
        "compare-told-apart", "Whether two functions are told apart that differ by 1 %.", USAGE
    )
    parser.add_argument("record", type=Path, metavar="RECORD", help="a file of JSON lines")
    parser.add_argument(
        "--minutes", type=float, help="begin no round after that (default: 10, with --runs no end)"
    )
    parser.add_argument(
        "--runs", type=int, help="until the record has so many of each tool about each pair"
    )
    parser.add_argument("--tools", default="", help="those whose names contain one of these, a,b")
    parser.add_argument("--report", action="store_true", help="make the table, measure nothing")
    namespace = parser.parse_args(arguments)
    return frame.exit_code("compare-told-apart", lambda: _run(namespace))


def _run(namespace: argparse.Namespace) -> int:
    if not namespace.report:
        _measure(namespace.record, namespace.minutes, namespace.runs, namespace.tools)
    if not namespace.record.is_file():
        raise UsageError(f"{namespace.record}: there is no such record")
    lines = records.read_objects(namespace.record)
    print(table(lines))
    print(conditions(lines))
    return 0


def missing(
    lines: Sequence[dict[str, Any]], asked: Iterable[str], runs: int | None
) -> list[tuple[str, str]]:
    """The tools and pairs of the next round: all, or those with fewer than ``runs`` in a record."""
    had = Counter((line["tool"], line["pair"]) for line in lines)
    trials = [(tool, pair) for tool in asked for pair in PAIRS]
    return [trial for trial in trials if runs is None or had[trial] < runs]


def _measure(record: Path, minutes: float | None, runs: int | None, chosen: str) -> None:
    asked = {
        name: says
        for name, says in tools().items()
        if not chosen or any(part in name for part in chosen.split(","))
    }
    if minutes is None:
        minutes = MINUTES if runs is None else math.inf
    end_s = time.monotonic() + 60 * minutes
    while time.monotonic() < end_s and (
        trials := missing(records.read_objects(record), asked, runs)
    ):
        for tool, pair in random.sample(trials, len(trials)):
            known = circumstances(DISTRIBUTIONS)
            start_s = time.monotonic()
            with folder_of_pair(PAIRS[pair]) as folder:
                said = asked[tool](Path(folder))
            seconds = round(time.monotonic() - start_s, 2)
            line = {"tool": tool, "pair": pair, "says": said.says, "seconds": seconds}
            records.append_object(record, line | dict(said.figures) | known)
            print(f"{tool}, {pair}: {said.says}, {seconds} s", file=sys.stderr, flush=True)


def table(lines: Sequence[dict[str, Any]]) -> str:
    """How often each tool was right, with 95 % intervals, and how long a run took."""
    rows = [
        "| tool | 1 % slower: right | wrong sign | equal: called different | seconds a run |",
        "| --- | --- | --- | --- | --- |",
    ]
    for tool in dict.fromkeys(line["tool"] for line in lines):
        own = [line for line in lines if line["tool"] == tool]
        said = {pair: [line["says"] for line in own if line["pair"] == pair] for pair in PAIRS}
        slower, equal = said["1 % slower"], said["equal"]
        seconds = sorted(line["seconds"] for line in own)
        rows.append(
            f"| {tool} | {_share(slower.count('one'), len(slower))} "
            f"| {slower.count('other')} of {len(slower)} "
            f"| {_share(len(equal) - equal.count('neither'), len(equal))} "
            f"| {seconds[0]:.0f} to {seconds[-1]:.0f}, median {seconds[len(seconds) // 2]:.0f} |"
        )
    return "\n".join(rows)


def conditions(lines: Sequence[dict[str, Any]]) -> str:
    """Where and when the runs were made, and how busy others were before each."""
    if not lines:
        return "no runs"
    times = sorted(line["at"] for line in lines)
    busy = [line["busy_cpus"] for line in lines if line["busy_cpus"] is not None]
    used = ""
    if busy:
        used = (
            f"; before each run other programs used {min(busy):.1f} to {max(busy):.1f} CPUs, "
            f"median {statistics.median(busy):.1f}"
        )
    machines = {
        ", ".join(
            [f"{line['usable_cpus']} x {line['cpu']}", f"Python {line['python']}"]
            + [f"{name} {version}" for name, version in line["versions"].items() if version]
        )
        for line in lines
    }
    return f"{times[0]} to {times[-1]}: {' and '.join(sorted(machines))}{used}"


def _share(count: int, trials: int) -> str:
    if not trials:
        return "-"
    found = proportion(count, trials)
    return f"{count} of {trials} ({found.low:.0%} to {found.high:.0%})"
