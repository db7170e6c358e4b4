"""``scripts/compute-beside-timeit``: rounds in random order, one table at the end.

Exit codes: 0 done, 2 usage, 4 something could not be timed, 130 interrupted.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Mapping, Sequence

from hotloop.base.conditions import read_conditions
from hotloop.base.errors import UsageError
from hotloop.base.machine import doubts, read_machine
from hotloop.base.units import counted, duration
from implementations import registry
from scripts import frame
from scripts.available import can_run
from scripts.beside_timeit.timers import timers

# One thread and several, long calls and short ones, OpenMP, numba's team and one a call.
VARIANTS = ("cython", "numba", "threads", "numba_threads", "lanes", "fastest")
# A figure further off than this is not the same.
ALLOWED = 0.05
DISTRIBUTIONS = ("hotloop", "numpy", "numba", "cython", "pyperf")
USAGE = """
  .venv/bin/python scripts/compute-beside-timeit                 one round of six variants
  .venv/bin/python scripts/compute-beside-timeit --minutes 30    as many rounds as begin in time
  .venv/bin/python scripts/compute-beside-timeit threads fastest --minutes 4

Each round times every variant by timeit, by pyperf (pip install pyperf) and by hotloop compute,
there alone (but for the limit), among those named and in the whole ladder, in random order.
The figures are medians of five processes; those of compute and pyperf are over timeit's.
"""

Round = Mapping[str, Mapping[str, float]]
"""By column, then by variant: seconds per call."""


def main(arguments: Sequence[str]) -> int:
    """Time and print the table; returns the exit code."""
    parser = frame.parser(
        "compute-beside-timeit",
        "Whether hotloop compute says what timeit says, whatever company a variant keeps.",
        USAGE,
    )
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help="(default: six)")
    parser.add_argument("--minutes", type=float, default=0.0, help="begin no round that ends later")
    parser.add_argument("--size", default="320x240", metavar="WxH", help="(default: %(default)s)")
    parser.add_argument("--steps", type=int, default=255, help="(default: %(default)s)")
    parser.add_argument(
        "--budget", type=float, default=1.0, help="seconds, for compute (default: %(default)s)"
    )
    namespace = parser.parse_args(arguments)
    return frame.exit_code("compute-beside-timeit", lambda: _run(namespace))


def _run(namespace: argparse.Namespace) -> int:
    names = namespace.variants or [name for name in VARIANTS if can_run(name)]
    _check(names)
    width, _, height = namespace.size.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise UsageError(f"--size {namespace.size}: WxH is wanted, such as 320x240")
    for line in _head():
        print(line)
    ways = timers(int(width), int(height), namespace.steps, namespace.budget)
    rounds: list[Round] = []
    start_s = time.monotonic()
    while True:
        found = {}
        for column, way in random.sample(list(ways.items()), len(ways)):
            print(f"round {len(rounds) + 1}: {column}", file=sys.stderr)
            found[column] = way(random.sample(names, len(names)))
        rounds.append(found)
        took_s = time.monotonic() - start_s
        if took_s + took_s / len(rounds) > 60 * namespace.minutes:
            break
    print(table(names, list(ways), rounds))
    print(f"{counted(len(rounds), 'round')}, {duration(took_s)}")
    return 0


def _check(names: Sequence[str]) -> None:
    for name in names:
        try:
            registry.get(name)
        except ValueError as error:
            raise UsageError(str(error)) from error


def _head() -> list[str]:
    machine, conditions = read_machine(DISTRIBUTIONS), read_conditions()
    versions = [f"{name} {version}" for name, version in machine.versions.items() if version]
    return [
        f"{machine.usable_cpus} x {machine.cpu}, {machine.system}, Python {machine.python}",
        ", ".join(versions),
        *[f"! {doubt}" for doubt in doubts(conditions)],
    ]


def table(names: Sequence[str], columns: Sequence[str], rounds: Sequence[Round]) -> str:
    """A line for each variant: timeit's seconds, and each other figure over it; then those off."""
    rest = [column for column in columns if column != "timeit"]
    width = max(map(len, ["variant", *names]))
    lines = [f"{'variant':{width}}  {'timeit':>8}" + "".join(f"  {c:>12}" for c in rest)]
    off = []
    for name in names:
        seconds = statistics.median(found["timeit"][name] for found in rounds)
        line = f"{name:{width}}  {duration(seconds):>8}"
        for column in rest:
            ratios = [found[column][name] / found["timeit"][name] for found in rounds]
            line += f"  {_cell(ratios):>12}"
            if abs(statistics.median(ratios) - 1) > ALLOWED:
                off.append(f"{name} {column}")
        lines.append(line)
    ending = f"further than {ALLOWED:.0%} from timeit: {', '.join(off) or 'none'}"
    return "\n".join([*lines, ending])


def _cell(ratios: Sequence[float]) -> str:
    """The median, and half the range of the rounds if there are several."""
    cell = f"{statistics.median(ratios):.2f}"
    return cell if len(ratios) == 1 else f"{cell} ± {(max(ratios) - min(ratios)) / 2:.2f}"
