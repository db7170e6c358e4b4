"""``hotloop compute --traps``: each trap's two sides, checked, timed in turns and printed."""

import argparse
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TextIO

from hotloop.base.errors import UsageError
from hotloop.base.values import seed_or_new
from hotloop.compute.traps.options import TrapOptions, parse_options
from implementations.traps import catalogue
from implementations.traps.catalogue import SIDES, Trap

if TYPE_CHECKING:
    from hotloop.base.machine import Conditions
    from hotloop.compute.traps.summary import Entry
    from hotloop.report.progress import Progress

DISTRIBUTIONS = ("hotloop", "numpy", "cython", "numba", "llvmlite")
CALL_LIMIT_S = 60.0
# The fewest whose factor holds with 95 %.
SETS = 6
TARGET = "implementations.traps.workload:prepare"


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Compile, check, time, export and print; returns the exit code."""
    start_s = time.perf_counter()
    options = parse_options(namespace)
    # `--help` and refused arguments do not need the rest.
    from hotloop.base.conditions import read_conditions
    from hotloop.base.machine import doubts, read_machine
    from hotloop.base.outcome import exit_code
    from hotloop.compute.traps import page as traps_page
    from hotloop.compute.traps.result import to_json
    from hotloop.compute.traps.summary import summarise
    from hotloop.report import markdown
    from hotloop.report.exports import exported
    from hotloop.report.progress import progress_on
    from hotloop.report.publish import publish

    conditions, machine = read_conditions(), read_machine(DISTRIBUTIONS)
    seed = seed_or_new(options.seed)
    with progress_on(err, options.quiet) as progress:
        entries = [
            _measure(catalogue.get(name), number, options, seed, conditions, progress)
            for number, name in enumerate(options.names)
        ]
    elapsed_s = time.perf_counter() - start_s
    result = summarise(entries, machine, doubts(conditions), seed, elapsed_s)
    page = traps_page.page(result)
    publish(
        page,
        out,
        (options.exports["json"], exported(result, to_json)),
        (options.exports["csv"], exported(result, traps_page.csv)),
        (options.exports["markdown"], exported(page, markdown.render)),
    )
    return exit_code(result.traps, options.asked)


def _measure(
    trap: Trap,
    number: int,
    options: TrapOptions,
    seed: int,
    conditions: "Conditions",
    progress: "Progress",
) -> "Entry":
    from hotloop.base.clock import SystemClock
    from hotloop.compare.contenders import Source
    from hotloop.compare.extension import compiled
    from hotloop.compare.summary import UNAVAILABLE
    from hotloop.compute.traps.check import Checker, told_by_cython
    from hotloop.compute.traps.summary import Entry
    from hotloop.timing.measure import Plan, measure
    from hotloop.timing.processes import ProcessExecutor
    from hotloop.timing.record import Contender, Failure, Stage, Threads

    report = partial(_report, progress, trap.name, number, len(options.names))
    report("compiling" if trap.is_compiled else "first calls", 0.0)
    entry = Entry(trap.name, trap.title, trap.why)
    try:
        source = compiled(Source(path=trap.path))
    except UsageError as error:
        return replace(entry, failure=Failure(Stage.SET_UP, UNAVAILABLE, str(error)))
    checker = Checker()
    file = str(source.extension or trap.path)
    measurement = measure(
        [
            Contender(side, TARGET, {"trap": trap.name, "file": file, "side": side}, Threads.AUTO)
            for side in SIDES
        ],
        ProcessExecutor(call_limit_s=lambda _name: CALL_LIMIT_S, cpu=conditions.idlest_cpu),
        Plan(seed, options.budget_s, SETS),
        checker.judge,
        SystemClock(),
        report,
    )
    told = checker.told_of_both()
    if told is None and source.extension is not None:
        told = told_by_cython(trap, source.extension)
    return replace(entry, measurement=measurement, told=told, claims=checker.claims)


def _report(progress: "Progress", name: str, number: int, of: int, what: str, done: float) -> None:
    progress.report(f"{name}: {what}", (number + done) / of)
