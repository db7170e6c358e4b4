"""``scripts/gate-large-suite``: the gate on a generated suite, its time and what it found.

Exit codes: 0 done, 2 usage, 4 nothing could be measured, 130 interrupted.
"""

import argparse
import math
import os
import random
import resource
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.gate.result import BenchmarkResult, GateResult
from hotloop.gate.verdicts import Verdict
from hotloop.stats.spread import robust_deviation
from scripts import frame
from scripts.gate_and_asv import ROOT, ask_gate
from scripts.large_suite import project
from scripts.large_suite.project import BASE, EQUAL, SLOWER, Size
from scripts.tables import table

# A run that hangs must not take the night.
LIMIT_S = 3 * 3600.0
USAGE = """
  .venv/bin/python scripts/gate-large-suite FOLDER                    500 benchmarks, equal commits
  .venv/bin/python scripts/gate-large-suite FOLDER --head slower      ten of them 5 % slower
  .venv/bin/python scripts/gate-large-suite FOLDER --head slower --percent 20 --noise 3
                                   pairs of processes differ by 3 %
  .venv/bin/python scripts/gate-large-suite FOLDER --gate-options="--shard 3/8"
                                   the third of eight parts
  .venv/bin/python scripts/gate-large-suite FOLDER --beside CHECKOUT --rounds 3
                                   in turns with the gate of another checkout, in random order
"""


# Seconds of a call, and how the table calls them.
LENGTHS = {
    (0.0, 0.1e-3): "up to 0.1 ms",
    (0.1e-3, 0.5e-3): "0.1 to 0.5 ms",
    (0.5e-3, 2e-3): "0.5 to 2 ms",
    (2e-3, 5e-3): "2 to 5 ms",
    (5e-3, math.inf): "above 5 ms",
    (0.0, math.inf): "all",
}
LENGTHS_HEAD = (
    *("calls of", "gate", "benchmarks", "pairs each", "lane-seconds a pair"),
    *("noise between pairs, median", "seconds each, in all lanes"),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """One run of the gate: its result, and what it took.

    ``seconds`` is the whole run, ``cpu_s`` the CPU time of all its processes; ``load`` the
    machine's average number of running processes at the end of the run, over its last minute.
    """

    who: str
    result: GateResult
    code: int
    seconds: float
    cpu_s: float
    load: float


def main(arguments: Sequence[str]) -> int:
    """Run and print a row for each run; returns the exit code."""
    parser = frame.parser(
        "gate-large-suite", "How long the gate takes for a suite of hundreds of benchmarks.", USAGE
    )
    parser.add_argument("folder", type=Path, help="where the project is made, once")
    parser.add_argument(
        "--benchmarks", type=int, default=500, help="of 20 us to 20 ms (default: %(default)s)"
    )
    parser.add_argument(
        "--slower", type=int, default=10, help="how many of them (default: %(default)s)"
    )
    parser.add_argument("--percent", type=int, default=5, help="by how much (default: %(default)s)")
    parser.add_argument(
        "--noise", type=float, default=0.0, metavar="PERCENT",
        help="standard deviation between pairs that is made, beside the machine's own "
        "(default: none)",
    )  # fmt: skip
    parser.add_argument(
        "--head", choices=(EQUAL, SLOWER), default=EQUAL, help="(default: %(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=1, help="(default: %(default)s)")
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT", help="run its gate as well")
    parser.add_argument(
        "--gate-options", default="", help='for the gate, as in --gate-options="--thorough"'
    )
    namespace = parser.parse_args(arguments)
    return frame.exit_code("gate-large-suite", lambda: _run(namespace))


def _run(namespace: argparse.Namespace) -> int:
    if namespace.rounds < 1:
        raise UsageError(f"--rounds {namespace.rounds}: give 1 or more")
    checkouts = {"this": ROOT}
    if namespace.beside is not None:
        if not (namespace.beside / "hotloop" / "gate").is_dir():
            raise UsageError(f"--beside {namespace.beside}: there is no hotloop in it")
        checkouts["beside"] = namespace.beside.absolute()
    size = Size(namespace.benchmarks, namespace.slower, namespace.percent, namespace.noise)
    folder = namespace.folder.absolute()
    project.make(folder, size)
    options = namespace.gate_options.split()
    for checkout in checkouts.values():
        # Builds are not what is compared.
        _gate(
            folder, namespace.head, "build", checkout, ["--quick", "--bench", "part_000", *options]
        )
    print(HEAD)
    runs: dict[str, list[GateResult]] = {who: [] for who in checkouts}
    for _ in range(namespace.rounds):
        for who, checkout in random.sample(list(checkouts.items()), len(checkouts)):
            taken = _gate(folder, namespace.head, who, checkout, options)
            runs[who].append(taken.result)
            print(row(taken, size if namespace.head == SLOWER else None), flush=True)
    print()
    print("\n".join(by_length(runs)))
    return 0


def _gate(folder: Path, head: str, who: str, checkout: Path, options: Sequence[str]) -> Taken:
    before = _children_s()
    gated = ask_gate(folder, BASE, head, options, checkout, LIMIT_S)
    cpu_s, load = _children_s() - before, os.getloadavg()[0]
    return Taken(who, gated.result, gated.exit_code, gated.seconds, cpu_s, load)


HEAD = (
    "| gate | slower | found | faster | undecided | same | pairs | seconds | of it building "
    "| CPU seconds | lane-seconds a pair | CPU seconds a pair | noise | load | exit code |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)


def row(taken: Taken, made: Size | None) -> str:
    """A row of the table; ``made``: what was made slower, None on equal commits."""
    result = taken.result
    counts = {verdict: len(result.having(verdict)) for verdict in Verdict}
    slower = {benchmark.label for benchmark in result.having(Verdict.SLOWER)}
    wanted = set(made.made_slower) if made else set()
    if result.parts:
        wanted &= {benchmark.label for benchmark in result.benchmarks}
    pairs = sum(len(benchmark.log_ratios) for benchmark in result.benchmarks)
    lane_s = sum(benchmark.seconds for benchmark in result.benchmarks)
    noise = "" if result.noise is None else f"{result.noise * 100:.2f} %"
    cells = [
        taken.who,
        counts[Verdict.SLOWER],
        f"{len(slower & wanted)} of {len(wanted)}" if made else "",
        counts[Verdict.FASTER],
        counts[Verdict.UNDECIDED],
        counts[Verdict.SAME],
        pairs,
        f"{taken.seconds:.0f}",
        f"{result.building_seconds:.0f}",
        f"{taken.cpu_s:.0f}",
        f"{lane_s / max(1, pairs):.2f}",
        f"{taken.cpu_s / max(1, pairs):.2f}",
        noise,
        f"{taken.load:.1f}",
        taken.code,
    ]
    return f"| {' | '.join(map(str, cells))} |"


def by_length(runs: Mapping[str, Sequence[GateResult]]) -> list[str]:
    """The lines of a table of what calls of each length took, all runs of a gate together."""
    rows = []
    for (low, high), words in LENGTHS.items():
        for who, results in runs.items():
            timed = [
                benchmark
                for result in results
                for benchmark in result.benchmarks
                if benchmark.base is not None and low <= benchmark.base < high
            ]
            if timed:
                lanes = max(result.lanes or 1 for result in results)
                rows.append([words, who, *_of_a_length(timed, lanes)])
    return table(LENGTHS_HEAD, rows)


def _of_a_length(timed: Sequence[BenchmarkResult], lanes: int) -> list[str]:
    pairs = [len(benchmark.log_ratios) for benchmark in timed]
    lane_s = math.fsum(benchmark.seconds for benchmark in timed)
    scatter = [robust_deviation(benchmark.log_ratios) for benchmark in timed]
    return [
        str(len(timed)),
        f"{statistics.fmean(pairs):.1f}",
        f"{lane_s / sum(pairs):.2f}",
        f"{statistics.median(scatter) * 100:.2f} %",
        f"{lane_s / lanes / len(timed):.2f}",
    ]


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
