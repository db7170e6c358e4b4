"""Records in, the ladder's result out: a pure function, so that stored runs can be judged again."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.compute.result import (
    Check,
    ComputeResult,
    Group,
    Limit,
    OfLimit,
    ProblemFacts,
    Seconds,
    VariantResult,
)
from hotloop.stats.interval import (
    CONFIDENCE,
    clustered_median_interval,
    ratio_interval,
)
from hotloop.stats.modes import two_modes
from hotloop.timing.record import Failure, Measurement, Run, Stage

# The class name with which a target says that it cannot run here at all.
UNAVAILABLE = "Unavailable"
# An interval this wide, as half its width over the median, decides little.
WIDE_INTERVAL = 0.10
# If the ninth decile is this many times the first, the machine changes speed.
UNSTEADY = 1.2


@dataclass(frozen=True, slots=True)
class Rung:
    """What is known about a contender besides its records; ``threads``: how many it may use."""

    name: str
    idea: str
    threads: int
    mismatched_pixels: int | None
    group: Group = Group.LADDER


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known about the whole run besides its records.

    ``variables`` are environment variables that limit the threads of libraries.
    """

    machine: Machine
    problem: ProblemFacts
    reference: str
    check: Check
    doubts: tuple[str, ...]
    elapsed_s: float
    limit: Limit | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


def summarise(measurement: Measurement, rungs: Sequence[Rung], facts: RunFacts) -> ComputeResult:
    """The result of one measurement, a row for every rung, in their order."""
    rows = tuple(_row(rung, measurement, facts) for rung in rungs)
    return ComputeResult(
        machine=facts.machine,
        problem=facts.problem,
        variants=rows,
        seed=measurement.seed,
        elapsed_seconds=facts.elapsed_s,
        measured_seconds=measurement.inside_s,
        confidence=CONFIDENCE,
        check=facts.check,
        warnings=(*facts.doubts, *_doubts(rows), *_fewer_threads(rows, rungs, facts)),
        limit=facts.limit,
    )


def _row(rung: Rung, measurement: Measurement, facts: RunFacts) -> VariantResult:
    failure = measurement.failures.get(rung.name)
    runs = measurement.runs_of(rung.name)
    if failure is not None or not runs:
        return _without_figures(rung, *_ending(failure))
    seconds = _seconds(runs)
    speedup, low, high = _speedup(rung.name, measurement, facts.reference)
    iterations = facts.problem.iterations
    rate = None if iterations is None else iterations / seconds.median
    return replace(
        _without_figures(rung, Status.FAILED, "until its figures are there"),
        status=Status.OK,
        reason=None,
        seconds=seconds,
        iterations_per_second=rate,
        speedup=speedup,
        speedup_low=low,
        speedup_high=high,
        first_call_seconds=next((run.first_call_s for run in runs), None),
        peak_memory_bytes=max(_told("peak_memory_bytes", runs), default=None),
        threads=_threads(rung, runs),
        of_limit=_of_limit(rate, facts.limit),
        after_pause_seconds=_after_pause_s(runs),
    )


def _ending(failure: Failure | None) -> tuple[Status, str]:
    """How a variant ended that was not measured."""
    if failure is None:
        return Status.FAILED, "nothing was measured"
    if failure.stage is Stage.CHECK:
        return Status.WRONG, failure.message
    if failure.error == UNAVAILABLE:
        return Status.UNAVAILABLE, failure.message
    return Status.FAILED, f"{failure.stage.value}: {failure.error}: {failure.message}"


def _without_figures(rung: Rung, status: Status, reason: str) -> VariantResult:
    return VariantResult(
        name=rung.name,
        idea=rung.idea,
        status=status,
        reason=reason,
        seconds=None,
        iterations_per_second=None,
        speedup=None,
        speedup_low=None,
        speedup_high=None,
        mismatched_pixels=rung.mismatched_pixels,
        first_call_seconds=None,
        peak_memory_bytes=None,
        threads=rung.threads,
        group=rung.group,
    )


def _of_limit(rate: float | None, limit: Limit | None) -> OfLimit | None:
    if rate is None or limit is None:
        return None
    return OfLimit(
        one_thread=rate / limit.one_thread_iterations_per_second,
        all_threads=rate / limit.all_threads_iterations_per_second,
    )


def _seconds(runs: Sequence[Run]) -> Seconds:
    interval = clustered_median_interval([run.samples_s for run in runs])
    samples = tuple(sample for run in runs for sample in run.samples_s)
    lower, upper = np.quantile(samples, [0.25, 0.75])
    return Seconds(
        median=interval.estimate,
        low=interval.low,
        high=interval.high,
        lower_quartile=float(lower),
        upper_quartile=float(upper),
        confidence=interval.confidence,
        samples=samples,
        samples_per_process=tuple(len(run.samples_s) for run in runs),
    )


def _after_pause_s(runs: Sequence[Run]) -> float | None:
    """The median of the single calls that followed the turns of others."""
    calls_s = [seconds for run in runs for seconds in run.after_pause_s]
    return statistics.median(calls_s) if calls_s else None


def _speedup(
    name: str, measurement: Measurement, reference: str
) -> tuple[float, float, float] | tuple[None, None, None]:
    """How many times as fast as the reference, with its bounds, set by set."""
    ours = {run.process: run.samples_s for run in measurement.runs_of(name)}
    theirs = {run.process: run.samples_s for run in measurement.runs_of(reference)}
    common = sorted(ours.keys() & theirs.keys())
    if not common:
        return None, None, None
    if name == reference:
        return 1.0, 1.0, 1.0
    interval = ratio_interval([theirs[p] for p in common], [ours[p] for p in common])
    return interval.estimate, interval.low, interval.high


def _doubts(rows: Sequence[VariantResult]) -> tuple[str, ...]:
    """One sentence for each thing in the figures themselves that is doubtful."""
    timed = {row.name: row.seconds for row in rows if row.seconds is not None}
    found = []
    wide = [name for name, s in timed.items() if s.relative_half_width > WIDE_INTERVAL]
    if wide:
        found.append(
            f"the interval of {_listed(wide)} is wider than ± {WIDE_INTERVAL:.0%}: "
            "give a larger --budget, or repeat on a quieter machine"
        )
    for name, seconds in timed.items():
        modes = two_modes(seconds.samples)
        if modes is not None:
            found.append(
                f"the samples of {name} fall into two heaps, {modes.upper / modes.lower:.2f}x "
                f"apart, {modes.upper_part:.0%} in the slower one: its median may jump between them"
            )
    unsteady = _unsteadiness(timed)
    if unsteady > UNSTEADY:
        found.append(
            f"the CPU changed speed by {unsteady - 1:.0%} during the run: compare the factors, "
            "not the times, with other runs"
        )
    return tuple(found)


def _threads(rung: Rung, runs: Sequence[Run]) -> int | None:
    """How many it used in its processes; None: it may use several, and its library does not say."""
    return min(_told("threads", runs), default=1 if rung.threads == 1 else None)


def _told(name: str, runs: Sequence[Run]) -> list[Any]:
    """What each of its processes reported, as far as it could."""
    return [run.told[name] for run in runs if run.told.get(name) is not None]


def _fewer_threads(
    rows: Sequence[VariantResult], rungs: Sequence[Rung], facts: RunFacts
) -> list[str]:
    """Variants that had fewer threads than they may use because of the environment."""
    if not facts.variables:
        return []
    named = ", ".join(f"{name}={value}" for name, value in facts.variables.items())
    allowed = {rung.name: rung.threads for rung in rungs}
    timed = [row for row in rows if row.seconds is not None and allowed[row.name] > 1]
    found = []
    for threads in sorted({row.threads for row in timed if row.threads is not None}):
        names = [row.name for row in timed if row.threads == threads < allowed[row.name]]
        if names:
            found.append(
                f"{_listed(names)} computed with {threads} of {max(allowed.values())} threads, and "
                f"{named} {'is' if len(facts.variables) == 1 else 'are'} set: unset to use all"
            )
    unknown = [row.name for row in timed if row.threads is None]
    if unknown:
        who = _listed(unknown)
        found.append(f"how many threads {who} had is not known: {named} may limit them")
    return found


def _unsteadiness(timed: Mapping[str, Seconds]) -> float:
    """The ninth decile over the first of the most often sampled variant's times."""
    if not timed:
        return 1.0
    samples = max((seconds.samples for seconds in timed.values()), key=len)
    deciles = statistics.quantiles(samples, n=10) if len(samples) > 1 else [1.0]
    return deciles[-1] / deciles[0]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
