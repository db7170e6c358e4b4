"""``hotloop compute``: the Mandelbrot ladder, checked, timed and printed."""

import argparse
import math
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

from hotloop.base.values import seed_or_new
from hotloop.compute import options as compute_options
from hotloop.compute.options import Options
from hotloop.compute.traps.command import run as run_traps
from implementations import registry
from implementations.problems import Problem

if TYPE_CHECKING:
    from hotloop.base.machine import Machine
    from hotloop.compute.check import Checker
    from hotloop.compute.limit import LimitBook
    from hotloop.compute.result import ComputeResult, Source
    from hotloop.report.progress import Progress
    from hotloop.timing.measure import Preview
    from hotloop.timing.record import Contender, Measurement

# What decides how fast the variants are; the versions are stored with the result.
DISTRIBUTIONS = (
    "hotloop",
    "numpy",
    "scipy",
    "cython",
    "numba",
    "llvmlite",
    "numexpr",
    "dask",
    "jax",
    "taichi",
    "mypy",
    "pythran",
    "cffi",
    "pybind11",
    "maturin",
    "mojo",
    "warp-lang",
    "cupy-cuda13x",
)
# A call counts as hung if it takes this many times the reference's expected time, but never
# before this many seconds: compilers at run time need some.
PATIENCE = 10.0
LEAST_CALL_LIMIT_S = 60.0
# Those who have waited so long for the first set of processes see it while the others are measured.
PREVIEW_AFTER_S = 10.0
# Variables that may give a variant fewer threads than there are CPUs.
THREAD_VARIABLES = (
    "DASK_NUM_WORKERS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_DYNAMIC",
    "OMP_NUM_THREADS",
    "OMP_THREAD_LIMIT",
    "RAYON_NUM_THREADS",
    "TI_CPU_MAX_NUM_THREADS",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``hotloop compute``."""
    compute_options.add_arguments(parser)


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Check, time, export and print; returns the exit code."""
    if namespace.traps:
        compute_options.refuse_those_of_the_ladder(namespace)
        return run_traps(namespace, out, err)
    options = compute_options.parse_options(namespace)
    # NumPy, SciPy and what builds on them: `--help` and refused arguments do not need them.
    from hotloop.base.conditions import read_conditions
    from hotloop.base.machine import doubts, read_machine
    from hotloop.compute import page as compute_page
    from hotloop.compute.check import Checker, choose_arbiter, estimate_reference_s
    from hotloop.compute.limit import LimitBook
    from hotloop.compute.output import publish
    from hotloop.report.progress import progress_on
    from hotloop.timing.memory_layout import unequal_doubts

    start = time.perf_counter()
    # What is looked up beforehand cannot fail afterwards.
    conditions, machine = read_conditions(), read_machine(DISTRIBUTIONS)
    with progress_on(err, options.quiet) as display:
        reference_s = estimate_reference_s(options.problem)
        limit_s = _reference_limit_s(options, reference_s, display)
        checker = Checker(options.problem, choose_arbiter(options.problem, reference_s, limit_s))
        book = LimitBook(conditions.usable_cpus or 1, has_gpu=_may_use_gpu(options, machine))

        def preview(so_far: "Measurement") -> None:
            if so_far.elapsed_s >= PREVIEW_AFTER_S:
                elapsed_s = so_far.elapsed_s
                result = _conclude(so_far, options, machine, checker, book, (), elapsed_s)
                display.show(compute_page.first_set(result))

        measurement = _measure(
            options, reference_s, checker, book, display, conditions.idlest_cpu, preview
        )
    elapsed_s = time.perf_counter() - start
    doubtful = (*doubts(conditions), *unequal_doubts(), *book.doubts(measurement))
    result = _conclude(measurement, options, machine, checker, book, doubtful, elapsed_s)
    return publish(result, checker.answer, options, out)


def limiting(environment: Mapping[str, str], cpus: int) -> dict[str, str]:
    """The variables that may give a variant fewer threads than there are CPUs."""
    return {
        name: value
        for name, value in environment.items()
        if name in THREAD_VARIABLES and not (value.isdecimal() and int(value) >= cpus)
    }


def _reference_limit_s(options: Options, reference_s: float, progress: "Progress") -> float:
    """How long a call of the reference may take before a stand-in judges the answers.

    If the reference is timed anyway, its answers are there: no limit, but a note to the
    user if that will take long.
    """
    whole_budget_s = options.budget_s * len(options.variants)
    if registry.REFERENCE not in options.variants:
        return whole_budget_s
    if reference_s > whole_budget_s:
        progress.note(
            f"{registry.REFERENCE} takes about {reference_s:.0f} s a call on this problem; "
            "to leave it out, name the variants to time"
        )
    return math.inf


def _measure(
    options: Options,
    reference_s: float,
    checker: "Checker",
    book: "LimitBook",
    progress: "Progress",
    cpu: int | None,
    preview: "Preview",
) -> "Measurement":
    from hotloop.base.clock import SystemClock
    from hotloop.compute import interpreters
    from hotloop.timing.measure import Plan, measure
    from hotloop.timing.processes import ProcessExecutor

    call_limit_s = max(LEAST_CALL_LIMIT_S, PATIENCE * reference_s)
    seed = seed_or_new(options.seed)
    return measure(
        [
            *(_contender(name, options.problem) for name in options.variants),
            *(interpreters.contender(one, options.problem) for one in options.interpreters),
            *book.contenders(),
        ],
        ProcessExecutor(call_limit_s=lambda _name: call_limit_s, cpu=cpu),
        Plan(seed=seed, budget_s=options.budget_s),
        lambda answers: checker.judge(interpreters.as_heights(book.take(answers), options.problem)),
        SystemClock(),
        progress.report,
        preview=preview,
    )


def _may_use_gpu(options: Options, machine: "Machine") -> bool:
    return any(
        variant.name in options.variants and _install(variant, machine) is None
        for variant in registry.ON_A_GPU
    )


def _contender(name: str, problem: Problem) -> "Contender":
    from hotloop.timing.record import Contender, Threads

    return Contender(
        name=name,
        target="implementations.workload:prepare_from_dict",
        arguments={
            "variant": name,
            "problem": {
                "width": problem.width,
                "height": problem.height,
                "steps": problem.steps,
                "window": problem.window,
            },
        },
        threads=Threads(registry.get(name).threads.value),
    )


def _source(variant: registry.Variant) -> "Source | None":
    from hotloop.compute.result import Source

    file = registry.source(variant)
    if file is None:
        return None
    return Source(file.name, file.read_text(encoding="utf-8"), variant.after)


def _install(variant: registry.Variant, machine: "Machine") -> str | None:
    """What installs what it needs; None: all packages are there."""
    if all(machine.versions.get(need, "") is not None for need in variant.needs):
        return None
    besides = f", and {variant.besides}" if variant.besides else ""
    return f"pip install 'hotloop[{variant.extra}]'{besides}"


def _conclude(
    measurement: "Measurement",
    options: Options,
    machine: "Machine",
    checker: "Checker",
    book: "LimitBook",
    doubts: tuple[str, ...],
    elapsed_s: float,
) -> "ComputeResult":
    """The stored result: records, and everything else that is known."""
    from hotloop.compare.result import Check
    from hotloop.compute.picture import thinned
    from hotloop.compute.result import Group, ProblemFacts
    from hotloop.compute.summary import RunFacts, Rung, summarise
    from implementations.workload import iterations

    problem = options.problem
    facts = ProblemFacts(
        width=problem.width,
        height=problem.height,
        steps=problem.steps,
        window=problem.window,
        iterations=None if checker.answer is None else iterations(checker.answer),
    )
    threads = {registry.Threads.ONE: 1, registry.Threads.ALL: machine.usable_cpus or 1}
    rungs = [
        Rung(
            name=variant.name,
            idea=variant.idea,
            threads=threads[variant.threads],
            mismatched_pixels=checker.mismatched_pixels(variant.name),
            group=Group.OTHERS if variant in registry.OTHERS else Group.LADDER,
            source=_source(variant),
            install=None if variant.name in options.asked else _install(variant, machine),
            is_on_gpu=variant in registry.ON_A_GPU,
        )
        for variant in map(registry.get, options.variants)
    ]
    rungs += [
        Rung(
            name=one.name,
            idea=one.idea,
            threads=threads[registry.Threads.ONE if one.has_gil else registry.Threads.ALL],
            mismatched_pixels=checker.mismatched_pixels(one.name),
            group=Group.OTHERS,
        )
        for one in options.interpreters
    ]
    check = Check(registry.REFERENCE, checker.sentence())
    variables = limiting(os.environ, machine.usable_cpus or 1)
    limit = book.limit()
    answer = checker.answer
    run = RunFacts(
        machine,
        facts,
        registry.REFERENCE,
        check,
        doubts,
        elapsed_s,
        limit,
        variables,
        None if answer is None else thinned(answer, problem.steps),
        book.gpu_limit(),
    )
    return summarise(measurement, rungs, run)
