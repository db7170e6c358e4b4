"""Records in, the ladder's result out: a pure function, so that stored runs can be judged again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.compare.result import Check, Factor
from hotloop.compare.summary import (
    after_pause_s,
    ending,
    factor_of,
    figures_doubts,
    first_call_s,
    listed,
    peak_memory_bytes,
    seconds_of,
    told,
)
from hotloop.compute.result import (
    ComputeResult,
    GpuLimit,
    Group,
    Limit,
    OfLimit,
    Picture,
    ProblemFacts,
    Source,
    VariantResult,
)
from hotloop.stats.interval import CONFIDENCE
from hotloop.timing.record import Measurement, Run


@dataclass(frozen=True, slots=True)
class Rung:
    """What is known about a contender besides its records; ``threads``: how many it may use.

    ``install``: what installs it, if it is not installed and nobody named it.
    """

    name: str
    idea: str
    threads: int
    mismatched_pixels: int | None
    group: Group = Group.LADDER
    source: Source | None = None
    install: str | None = None
    is_on_gpu: bool = False


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
    picture: Picture | None = None
    gpu_limit: GpuLimit | None = None


def summarise(measurement: Measurement, rungs: Sequence[Rung], facts: RunFacts) -> ComputeResult:
    """The result of one measurement, a row for every rung, in their order."""
    rows = _rows(measurement, rungs, facts)
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
        picture=facts.picture,
        gpu_limit=facts.gpu_limit,
    )


def _rows(
    measurement: Measurement, rungs: Sequence[Rung], facts: RunFacts
) -> tuple[VariantResult, ...]:
    rows, before = [], None
    for rung in rungs:
        rows.append(_row(rung, measurement, facts, before))
        before = rung.name if rows[-1].seconds is not None else before
    return tuple(rows)


def _row(
    rung: Rung, measurement: Measurement, facts: RunFacts, before: str | None
) -> VariantResult:
    failure = measurement.failures.get(rung.name)
    runs = measurement.runs_of(rung.name)
    if failure is not None or not runs:
        return _without_figures(rung, *ending(failure))
    seconds = seconds_of(runs)
    factor = factor_of(rung.name, measurement, facts.reference, CONFIDENCE)
    value, low, high = _bounds(factor, rung.name == facts.reference)
    iterations = facts.problem.iterations
    rate = None if iterations is None else iterations / seconds.median
    return replace(
        _without_figures(rung, Status.FAILED, "until its figures are there"),
        status=Status.OK,
        reason=None,
        seconds=seconds,
        iterations_per_second=rate,
        speedup=value,
        speedup_low=low,
        speedup_high=high,
        first_call_seconds=first_call_s(runs),
        peak_memory_bytes=peak_memory_bytes(runs),
        threads=_threads(rung, runs),
        of_limit=None if rung.is_on_gpu else _of_limit(rate, facts.limit),
        of_gpu_limit=_of_gpu_limit(rate, facts.gpu_limit) if rung.is_on_gpu else None,
        after_pause_seconds=after_pause_s(runs),
        speedup_confidence=None if factor is None else factor.confidence,
        step=None if before is None else factor_of(rung.name, measurement, before, CONFIDENCE),
    )


def _bounds(
    factor: Factor | None, is_reference: bool
) -> tuple[float, float, float] | tuple[None, None, None]:
    if is_reference:
        return 1.0, 1.0, 1.0
    return (None, None, None) if factor is None else (factor.value, factor.low, factor.high)


def _doubts(rows: Sequence[VariantResult]) -> tuple[str, ...]:
    return figures_doubts({row.name: row.seconds for row in rows if row.seconds is not None})


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
        source=rung.source,
        left_out=rung.install if status is Status.UNAVAILABLE else None,
    )


def _of_limit(rate: float | None, limit: Limit | None) -> OfLimit | None:
    if rate is None or limit is None:
        return None
    return OfLimit(
        one_thread=rate / limit.one_thread_iterations_per_second,
        all_threads=rate / limit.all_threads_iterations_per_second,
    )


def _of_gpu_limit(rate: float | None, limit: GpuLimit | None) -> float | None:
    return None if rate is None or limit is None else rate / limit.iterations_per_second


def _threads(rung: Rung, runs: Sequence[Run]) -> int | None:
    """How many it used in its processes; None: it may use several, and its library does not say."""
    return min(told("threads", runs), default=1 if rung.threads == 1 else None)


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
                f"{listed(names)} computed with {threads} of {max(allowed.values())} threads, and "
                f"{named} {'is' if len(facts.variables) == 1 else 'are'} set: unset to use all"
            )
    unknown = [row.name for row in timed if row.threads is None]
    if unknown:
        who = listed(unknown)
        found.append(f"how many threads {who} had is not known: {named} may limit them")
    return found
