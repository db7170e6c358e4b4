"""``hotloop stream``: the Kafka ladder, measured with an account and printed."""

import argparse
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from hotloop.base.mishap import told
from hotloop.base.outcome import EXIT_INTERRUPTED
from hotloop.base.values import seed_or_new
from hotloop.streams import options as stream_options
from hotloop.streams.cluster import Voice, Where, check_installed, open_cluster, voice_of
from hotloop.streams.measures import ABOUT
from hotloop.streams.options import Options
from stream import registry

if TYPE_CHECKING:
    from hotloop.report.progress import Progress
    from hotloop.streams.lab import ClusterLab
    from hotloop.streams.result import BrokerFacts
    from hotloop.streams.run import Plan, Records

# What decides how fast the variants are; each process reports its own versions too.
DISTRIBUTIONS = (
    "hotloop",
    "faust-streaming",
    "mode-streaming",
    "aiokafka",
    "confluent-kafka",
    "quixstreams",
    "faststream",
    "uvloop",
    "orjson",
)
# Below this a time is shown in seconds.
SHORT_S = 90.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``hotloop stream``."""
    stream_options.add_arguments(parser)


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Measure, export and print; returns the exit code."""
    check_installed()
    options = stream_options.parse_options(namespace)
    # NumPy, SciPy and the clients: `--help` and refused arguments do not need them.
    from hotloop.base.conditions import read_conditions
    from hotloop.base.machine import doubts, read_machine
    from hotloop.report.progress import progress_on
    from hotloop.streams.conclude import conclude
    from hotloop.streams.output import publish

    start_s = time.perf_counter()
    # What is looked up beforehand cannot fail afterwards.
    conditions, machine = read_conditions(), read_machine(DISTRIBUTIONS)
    plan = _plan(options)
    with progress_on(err, options.quiet) as progress:
        found = _measure(plan, options, progress, err)
    result = conclude(
        found.records,
        options,
        machine=machine,
        broker=found.broker,
        doubts=(*doubts(conditions), *found.warnings),
        elapsed_s=time.perf_counter() - start_s,
    )
    code = publish(result, options, out)
    return EXIT_INTERRUPTED if found.records.is_interrupted else code


def _plan(options: Options) -> "Plan":
    from hotloop.streams.run import Plan
    from stream.consume.job import GroupProtocol
    from stream.faults.rebalance import session_timeout_s

    is_own = options.bootstrap is None
    variants = tuple(n for n in options.variants if registry.get(n).unavailable() is None)
    return Plan(
        variants=variants,
        protocols={name: registry.get(name).protocols for name in variants},
        sessions_s={one: session_timeout_s(one, is_own) for one in GroupProtocol},
        measures=options.measures,
        records=options.records,
        all_workers=options.topics * options.workers,
        workers=options.workers,
        runs=options.runs,
        seed=seed_or_new(options.seed),
    )


@dataclass(slots=True)
class Found:
    """What was measured, where, and further warnings."""

    records: "Records"
    broker: "BrokerFacts | None" = None
    warnings: list[str] = field(default_factory=list)


def _measure(plan: "Plan", options: Options, progress: "Progress", err: TextIO) -> Found:
    """Everything between the start of a broker and its stop; no broker if nothing can run.

    Any failure after something was measured, also in the stop and the tidying, is a warning.
    """
    from hotloop.base.clock import SystemClock
    from hotloop.streams.run import Records, measure

    found = Found(Records(plan))
    if not plan.variants:
        return found
    progress.note(_announcement(plan, options))
    try:
        voice = voice_of(progress, 0.0, found.warnings, err if options.quiet else None)
        with _cluster(plan, options, voice) as (lab, broker):
            found.broker = broker
            found.records = measure(plan, lab, SystemClock(), progress.report)
            if found.records.is_interrupted:
                # Logs of processes that we ended go with the cluster's folder.
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        found.records.is_interrupted = True
        if not found.records.has_figures:
            raise KeyboardInterrupt(*found.warnings) from None
    except Exception as error:
        if not found.records.has_figures:
            raise
        found.warnings.append(told(error))
    return found


@contextmanager
def _cluster(
    plan: "Plan", options: Options, voice: Voice
) -> "Iterator[tuple[ClusterLab, BrokerFacts]]":
    """A lab on the user's cluster or on our own broker, which ends with the context."""
    from hotloop.streams.lab import ClusterLab
    from stream.measure.drain import Shape
    from stream.measure.meter import Meter

    where = Where(options.bootstrap, options.security, options.prefix, options.nodes)
    with ExitStack() as stack:
        place, own, facts = stack.enter_context(open_cluster(where, voice))
        meter = stack.enter_context(Meter(own.cpu_s)) if own is not None else None
        shape = Shape(options.topics, options.partitions, options.workers)
        yield ClusterLab(place, shape, options.producers, plan.seed, meter, own, voice.say), facts


def _announcement(plan: "Plan", options: Options) -> str:
    """What will be done and how long it will take, before it begins."""
    what = " and ".join(name for name in ABOUT if name in options.measures)
    names = f"{len(plan.variants)} variant{'s' if len(plan.variants) > 1 else ''}"
    runs = f", {plan.rounds} runs each in random order" if plan.rounds else ""
    more = "; longer where the runs differ much" if plan.drains else ""
    how_sure = "about" if options.records is None else "at most about"
    return f"{what} of {names}{runs}: {how_sure} {_approximately(plan.expected_s())}{more}"


def _approximately(seconds: float) -> str:
    if seconds < SHORT_S:
        return f"{max(1, round(seconds / 10)) * 10} s"
    return f"{seconds / 60:.1f} min"
