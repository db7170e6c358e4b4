"""Records in, rows out: pure functions, the same for every ladder.

How sure a factor is, ``compare.looks`` says.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.compare.growth import crossings_of, growth_of
from hotloop.compare.looks import (
    CONFIDENCE,
    comparisons,
    confidence_of_each,
    factor_interval,
    log_factors,
)
from hotloop.compare.result import (
    Check,
    Comparison,
    ContenderResult,
    Crossing,
    Factor,
    Growth,
    Seconds,
    Task,
)
from hotloop.stats.interval import clustered_median_interval
from hotloop.stats.modes import two_modes
from hotloop.timing.record import Failure, Measurement, Run, Stage

# The class name with which a target says that it cannot run here at all.
UNAVAILABLE = "Unavailable"
# The class name with which a check says that it could not say whether an answer is right.
UNCOMPARED = "NotComparable"
# Exceptions of ``inside`` and ``timing.worker`` whose message says all.
SENTENCES = frozenset(
    {
        "ChangesFolder",
        "ChangesInput",
        "ChildReturned",
        "NoInput",
        "NotComparable",
        "NotThere",
        "TooDeep",
    }
)
# An interval this wide, as half its width over the median, decides little.
WIDE_INTERVAL = 0.10
# If the ninth decile is this many times the first, the machine changes speed.
UNSTEADY = 1.2


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known about a contender besides its records; ``failure``: it was never measured."""

    name: str
    code: str
    python: str | None = None
    size: float | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known about the whole run besides its records; ``looks``: as in ``compare.looks``."""

    machine: Machine
    task: Task
    check: Check
    doubts: tuple[str, ...]
    remarks: tuple[str, ...]
    elapsed_s: float
    size_name: str | None = None
    looks: int = 1


def summarise(parts: Sequence[tuple[Measurement, Sequence[Entry]]], facts: RunFacts) -> Comparison:
    """The result of one measurement for each size, a row for every entry, in their order."""
    level = confidence_of_each(sum(comparisons(len(entries)) for _, entries in parts))
    rows: list[ContenderResult] = []
    for measurement, entries in parts:
        rows += _rows(measurement, entries, facts.check.reference, level, facts.looks)
    growth, crossings = _over(parts, level)
    return Comparison(
        machine=facts.machine,
        task=facts.task,
        contenders=tuple(rows),
        seed=parts[0][0].seed,
        elapsed_seconds=facts.elapsed_s,
        measured_seconds=sum(measurement.inside_s for measurement, _ in parts),
        sampled_seconds=sum(measurement.sampled_s for measurement, _ in parts),
        confidence=CONFIDENCE,
        check=facts.check,
        warnings=(*facts.doubts, *_cached(parts), *_doubts(rows)),
        remarks=facts.remarks,
        size_name=facts.size_name,
        growth=growth,
        crossings=crossings,
    )


def _over(
    parts: Sequence[tuple[Measurement, Sequence[Entry]]], level: float
) -> tuple[tuple[Growth, ...], tuple[Crossing, ...]]:
    """What several sizes show together; nothing for one."""
    sized = [(entries[0].size, measurement) for measurement, entries in parts]
    known = [(size, measurement) for size, measurement in sized if size is not None]
    if len(known) < 2:
        return (), ()
    names = [entry.name for entry in parts[0][1]]
    grown = (growth_of(name, known) for name in names)
    factors = [_all_factors(names, measurement, level) for _, measurement in known]
    sizes = [size for size, _ in known]
    return (
        tuple(growth for growth in grown if growth is not None),
        tuple(crossings_of(names, sizes, factors)),
    )


def _all_factors(
    names: Sequence[str], measurement: Measurement, level: float
) -> dict[tuple[str, str], Factor]:
    found = {}
    for one, other in combinations(names, 2):
        factor = factor_of(one, measurement, other, level)
        if factor is not None:
            found[one, other] = factor
    return found


def _rows(
    measurement: Measurement, entries: Sequence[Entry], reference: str, level: float, looks: int
) -> list[ContenderResult]:
    rows, before = [], None
    for entry in entries:
        runs = measurement.runs_of(entry.name)
        failure = entry.failure or measurement.failures.get(entry.name)
        if failure is not None or not runs:
            rows.append(_without_figures(entry, *ending(failure)))
            continue
        rows.append(
            ContenderResult(
                name=entry.name,
                code=entry.code,
                status=Status.OK,
                reason=None,
                seconds=seconds_of(runs),
                factor=factor_of(entry.name, measurement, reference, level, looks),
                step=None
                if before is None
                else factor_of(entry.name, measurement, before, level, looks),
                first_call_seconds=first_call_s(runs),
                after_pause_seconds=after_pause_s(runs),
                peak_memory_bytes=peak_memory_bytes(runs),
                python=entry.python,
                size=entry.size,
                cpus=max(told("cpus", runs), default=None),
            )
        )
        before = entry.name
    return rows


def _without_figures(entry: Entry, status: Status, reason: str) -> ContenderResult:
    return ContenderResult(
        name=entry.name,
        code=entry.code,
        status=status,
        reason=reason,
        seconds=None,
        factor=None,
        step=None,
        first_call_seconds=None,
        after_pause_seconds=None,
        peak_memory_bytes=None,
        python=entry.python,
        size=entry.size,
    )


def ending(failure: Failure | None) -> tuple[Status, str]:
    """How a contender ended that was not measured."""
    if failure is None:
        return Status.FAILED, "nothing was measured"
    if failure.stage is Stage.CHECK and failure.error != UNCOMPARED:
        return Status.WRONG, failure.message
    if failure.error == UNAVAILABLE:
        return Status.UNAVAILABLE, failure.message
    what = said(failure.error, failure.message)
    spoken = failure.error in SENTENCES
    return Status.FAILED, what if spoken else f"{failure.stage.value}: {what}"


def said(error: str, message: str) -> str:
    """What went wrong: the name of the exception matters where the message is not ours."""
    if error in SENTENCES:
        return message
    # Many have no message: assert x, raise KeyboardInterrupt. Then the place is all that follows.
    has_message = message and not message.startswith(" (")
    return f"{error}: {message}" if has_message else f"{error}{message}"


def seconds_of(runs: Sequence[Run]) -> Seconds:
    """The median time of a call with its interval, from the records of one contender."""
    interval = clustered_median_interval([run.samples_s for run in runs])
    samples = tuple(sample for run in runs for sample in run.samples_s)
    lower, upper = _quartiles(samples)
    return Seconds(
        median=interval.estimate,
        low=interval.low,
        high=interval.high,
        lower_quartile=lower,
        upper_quartile=upper,
        confidence=interval.confidence,
        samples=samples,
        samples_per_process=tuple(len(run.samples_s) for run in runs),
    )


def _quartiles(samples: Sequence[float]) -> tuple[float, float]:
    if len(samples) == 1:
        return samples[0], samples[0]
    lower, _, upper = statistics.quantiles(samples, n=4, method="inclusive")
    return lower, upper


def factor_of(
    name: str, measurement: Measurement, against: str, confidence: float, looks: int = 1
) -> Factor | None:
    """How many times as fast as another; None if there is none, or it is the contender itself."""
    if name == against:
        return None
    logs = log_factors(measurement.runs_of(name), measurement.runs_of(against))
    if not logs:
        return None
    found = factor_interval(logs, confidence, looks)
    return Factor(
        against=against,
        value=math.exp(found.estimate),
        low=math.exp(found.low),
        high=math.exp(found.high),
        confidence=found.confidence,
    )


def first_call_s(runs: Sequence[Run]) -> float | None:
    """The very first call of a fresh process."""
    return next((run.first_call_s for run in runs if run.first_call_s is not None), None)


def after_pause_s(runs: Sequence[Run]) -> float | None:
    """The median of the single calls that followed the turns of others."""
    calls_s = [seconds for run in runs for seconds in run.after_pause_s]
    return statistics.median(calls_s) if calls_s else None


def peak_memory_bytes(runs: Sequence[Run]) -> int | None:
    """The largest resident set of its processes."""
    return max(told("peak_memory_bytes", runs), default=None)


def told(name: str, runs: Sequence[Run]) -> list[Any]:
    """What each of its processes reported, as far as it could."""
    return [run.told[name] for run in runs if run.told.get(name) is not None]


def figures_doubts(timed: Mapping[str, Seconds]) -> tuple[str, ...]:
    """One sentence for each thing in the figures themselves that is doubtful."""
    found = []
    wide = [name for name, s in timed.items() if s.relative_half_width > WIDE_INTERVAL]
    if wide:
        found.append(
            f"the interval of {listed(wide)} is wider than ± {WIDE_INTERVAL:.0%}: "
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


def _doubts(rows: Sequence[ContenderResult]) -> tuple[str, ...]:
    return figures_doubts(
        {
            row.name if row.size is None else f"{row.name} ({row.size:g})": row.seconds
            for row in rows
            if row.seconds is not None
        }
    )


def _cached(parts: Sequence[tuple[Measurement, Sequence[Entry]]]) -> list[str]:
    """A sentence on those whose calls after the first compute nothing."""
    names = dict.fromkeys(
        entry.name
        for measurement, entries in parts
        for entry in entries
        if any(told("is_cached", measurement.runs_of(entry.name)))
    )
    return [
        f"{name} keeps its answers (functools.cache or alike): its time is that of finding one; "
        f"{name}.__wrapped__ is the function itself"
        for name in names
    ]


def _unsteadiness(timed: Mapping[str, Seconds]) -> float:
    """The ninth decile over the first of the most often sampled contender's times."""
    if not timed:
        return 1.0
    samples = max((seconds.samples for seconds in timed.values()), key=len)
    deciles = statistics.quantiles(samples, n=10) if len(samples) > 1 else [1.0]
    return deciles[-1] / deciles[0]


def listed(names: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
