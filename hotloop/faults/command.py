"""``hotloop stream --fault``: harm consumers and brokers under a steady load, and count."""

import argparse
import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from hotloop.base.errors import UsageError
from hotloop.base.mishap import told
from hotloop.base.outcome import EXIT_INTERRUPTED, exit_code
from hotloop.base.values import seed_or_new
from hotloop.report.exports import write_exports
from hotloop.streams import options as stream_options
from hotloop.streams.cluster import Voice, Where, open_cluster, voice_of
from stream import registry
from stream.cluster.security import Security
from stream.faults import plans
from stream.faults.plans import FAULTS, Fault

if TYPE_CHECKING:
    from hotloop.base.outcome import Status
    from hotloop.faults.result import FaultReport
    from hotloop.report.progress import Progress
    from hotloop.streams.result import BrokerFacts
    from stream.faults.run import FaultRun

ALL = "all"
# Whoever names no variant asks about Faust.
DEFAULT_VARIANTS = ("faust",)
DISTRIBUTIONS = ("hotloop", "faust-streaming", "aiokafka", "confluent-kafka")
# Of one run, beyond its load: joining, catching up, the last commits, stopping, a broker's start.
AROUND_LOAD_S = 15.0
INTERRUPTED = "interrupted before it was over"

# Options of the measurements, with the values that they have when nobody gives them.
_MEASURING: dict[str, object] = {
    "measure": stream_options.Measure.DRAIN.value,
    "records": None,
    "partitions": None,
    "workers": "1",
    "producers": "1",
    "topics": "1",
    "runs": str(stream_options.DEFAULT_RUNS),
    "nodes": None,
    "csv": None,
    "markdown": None,
}


@dataclass(frozen=True, slots=True)
class FaultOptions:
    """``asked``: the variants named on the command line; ``variants``: those to be harmed."""

    faults: tuple[Fault, ...]
    asked: tuple[str, ...]
    variants: tuple[str, ...]
    rate_per_s: float
    bootstrap: str | None
    security: Security
    prefix: str
    seed: int | None
    json: Path | None
    quiet: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of faults; those of variants, cluster and export are the stream's."""
    names = ", ".join(fault.name for fault in FAULTS)
    parser.add_argument(
        "--fault",
        metavar="WHAT",
        help=f"measure nothing; harm the consumers ({DEFAULT_VARIANTS[0]}, where none is named) "
        f"under a steady load and account for every record: {names}; comma-separated, or {ALL}",
    )
    parser.add_argument(
        "--rate", metavar="R", help=f"--fault: records/s (default: {plans.RATE_PER_S:g})"
    )


def parse_options(namespace: argparse.Namespace) -> FaultOptions | None:
    """The options, all checked; None where no fault is asked for. Raises UsageError."""
    if namespace.fault is None:
        if namespace.rate is not None:
            raise UsageError(f"--rate {namespace.rate} belongs to --fault: name one")
        return None
    for option, default in _MEASURING.items():
        if getattr(namespace, option) != default:
            raise UsageError(f"--{option} belongs to measuring, not to --fault: leave it out")
    # Variants, cluster, seed and export mean the same here.
    common = stream_options.parse_options(namespace)
    options = FaultOptions(
        faults=_parse_faults(namespace.fault),
        asked=common.asked,
        variants=common.asked or DEFAULT_VARIANTS,
        rate_per_s=plans.RATE_PER_S if namespace.rate is None else _parse_rate(namespace.rate),
        bootstrap=common.bootstrap,
        security=common.security,
        prefix=common.prefix,
        seed=common.seed,
        json=common.json,
        quiet=common.quiet,
    )
    harming = [fault.name for fault in options.faults if fault.is_on_brokers]
    if options.bootstrap is not None and harming:
        raise UsageError(
            f"{', '.join(harming)} would harm the brokers at {options.bootstrap}: hotloop harms "
            "its own only, so leave --bootstrap out"
        )
    return options


def run_fault(options: FaultOptions, out: TextIO, err: TextIO) -> int:
    """Carry everything out, export and print; returns the exit code."""
    from hotloop.base.machine import read_machine
    from hotloop.faults import table as fault_table
    from hotloop.faults.result import FaultResult, to_json
    from hotloop.report import terminal
    from hotloop.report.progress import progress_on

    start_s = time.perf_counter()
    # What can be looked up beforehand cannot fail afterwards.
    machine = read_machine(DISTRIBUTIONS)
    seed = seed_or_new(options.seed)
    found = Found()
    with progress_on(err, options.quiet) as progress:
        _carry_out(options, seed, progress, err if options.quiet else None, found)
    result = FaultResult(
        machine=machine,
        faults=tuple(found.reports),
        seed=seed,
        elapsed_seconds=time.perf_counter() - start_s,
        warnings=tuple(found.warnings),
    )
    try:
        write_exports(result, (options.json, to_json))
    finally:
        terminal.write(fault_table.render(result, terminal.width_of(out)), out)
    return EXIT_INTERRUPTED if found.is_interrupted else exit_code(result.faults, options.asked)


def _parse_faults(text: str) -> tuple[Fault, ...]:
    if text == ALL:
        return FAULTS
    return tuple(dict.fromkeys(plans.get(name) for name in text.split(",")))


def _parse_rate(text: str) -> float:
    try:
        rate_per_s = float(text)
    except ValueError:
        rate_per_s = math.nan
    if not plans.LEAST_RATE_PER_S <= rate_per_s <= plans.MOST_RATE_PER_S:
        raise UsageError(
            f"--rate {text}: give records a second, from {plans.LEAST_RATE_PER_S:g} "
            f"to {plans.MOST_RATE_PER_S:g}"
        )
    return rate_per_s


@dataclass(slots=True)
class Found:
    """What came of all runs, and what there is to warn of besides."""

    reports: list["FaultReport"] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_interrupted: bool = False


def _carry_out(
    options: FaultOptions, seed: int, progress: "Progress", quiet_err: TextIO | None, found: Found
) -> None:
    """Fill ``found``: a report for every run. An interruption keeps those that were finished."""
    from hotloop.base.outcome import Status

    runs = [(fault, variant) for fault in options.faults for variant in options.variants]
    whole_s = sum(_expected_s(fault) for fault, _ in runs)
    progress.note(f"{len(runs)} fault run(s), about {whole_s:.0f} s")
    done_s = 0.0
    try:
        for fault, variant in runs:
            voice = voice_of(progress, done_s / whole_s, found.warnings, quiet_err)
            _run_one(options, fault, variant, seed, voice, found)
            done_s += _expected_s(fault)
    except KeyboardInterrupt:
        if not found.reports:
            raise KeyboardInterrupt(*found.warnings) from None
        found.is_interrupted = True
        for fault, variant in runs[len(found.reports) :]:
            row = _row(options, fault, variant, None, (Status.FAILED, INTERRUPTED))
            found.reports.append(row)


def _expected_s(fault: Fault) -> float:
    return fault.least_load_s + AROUND_LOAD_S


def _run_one(
    options: FaultOptions, fault: Fault, variant: str, seed: int, voice: Voice, found: Found
) -> None:
    """One run on a broker of its own, or on the user's cluster; adds its report.

    A broker that was harmed, or whose run failed, says nothing about the next fault. What goes
    wrong costs this run only, and nothing that was found where it is the stop or the tidying.
    """
    from hotloop.base.outcome import Status
    from stream.faults import run as runner

    missing = registry.get(variant).unavailable()
    if missing is not None:
        found.reports.append(_row(options, fault, variant, None, (Status.UNAVAILABLE, missing)))
        return
    facts: BrokerFacts | None = None
    went: FaultRun | tuple[Status, str | None] | None = None
    where = Where(options.bootstrap, options.security, options.prefix, fault.nodes)
    try:
        with open_cluster(where, voice) as cluster:
            place, own, facts = cluster
            went = runner.run(place, own, fault, variant, options.rate_per_s, seed, voice.say)
    except Exception as error:
        if isinstance(error, UsageError) and went is None and not found.reports:
            raise
        if went is None:
            went = (Status.FAILED, told(error))
        else:
            voice.warn(told(error))
    finally:
        if went is not None:
            found.reports.append(_row(options, fault, variant, facts, went))


def _row(
    options: FaultOptions,
    fault: Fault,
    variant: str,
    broker: "BrokerFacts | None",
    went: "FaultRun | tuple[Status, str | None]",
) -> "FaultReport":
    """What is stored of a run, or why there was none."""
    from hotloop.faults.result import ActionFacts, FaultReport
    from hotloop.streams.result import AccountFacts

    run = None if isinstance(went, tuple) else went
    status, reason = went if isinstance(went, tuple) else _ending(went)
    return FaultReport(
        fault=fault.name,
        idea=fault.idea,
        promise=fault.promise.value,
        variant=variant,
        commits=registry.get(variant).commits,
        status=status,
        reason=reason,
        broker=broker,
        offered_per_second=options.rate_per_s,
        seconds=run.load_s if run else None,
        session_timeout_seconds=fault.session_timeout_s,
        actions=tuple(ActionFacts(*done) for done in run.done) if run else (),
        account=AccountFacts(**asdict(run.account)) if run else None,
        pause_seconds=run.pause_s if run else None,
        duplicates_explained=run.explanation if run else None,
        versions=dict(run.report.versions) if run else {},
        doubts=run.verdict.doubts if run else (),
    )


def _ending(run: "FaultRun") -> "tuple[Status, str | None]":
    from hotloop.base.outcome import Status

    if run.verdict.broken is not None:
        return Status.WRONG, run.verdict.broken
    if run.verdict.untested is not None:
        return Status.FAILED, run.verdict.untested
    return Status.OK, None
