"""Records in, the traps' result out: a pure function, so that stored runs can be judged again."""

from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.compare.summary import WIDE_INTERVAL, ending, factor_of, listed, seconds_of
from hotloop.compute.traps.result import Told, TrapResult, TrapsResult
from hotloop.timing.record import Failure, Measurement
from implementations.traps.catalogue import IS_RIGHT, LOOKS_RIGHT, SIDES

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known about a trap; ``measurement`` None: see ``failure``."""

    name: str
    title: str
    why: str
    measurement: Measurement | None = None
    failure: Failure | None = None
    told: Told | None = None
    claims: bool = False


def summarise(
    entries: Sequence[Entry],
    machine: Machine,
    doubts: tuple[str, ...],
    seed: int,
    elapsed_s: float,
) -> TrapsResult:
    """A row for every trap, in their order."""
    rows = tuple(_row(entry) for entry in entries)
    return TrapsResult(
        machine=machine,
        traps=rows,
        seed=seed,
        elapsed_seconds=elapsed_s,
        measured_seconds=sum(e.measurement.inside_s for e in entries if e.measurement),
        confidence=CONFIDENCE,
        warnings=(*doubts, *_doubts(rows)),
    )


def _row(entry: Entry) -> TrapResult:
    status, reason = _failure(entry) or (Status.OK, None)
    timed = entry.measurement if status is Status.OK else None
    return TrapResult(
        name=entry.name,
        title=entry.title,
        why=entry.why,
        status=status,
        reason=reason,
        looks_right=seconds_of(timed.runs_of(LOOKS_RIGHT)) if timed else None,
        is_right=seconds_of(timed.runs_of(IS_RIGHT)) if timed else None,
        factor=factor_of(IS_RIGHT, timed, LOOKS_RIGHT, CONFIDENCE) if timed else None,
        told=entry.told if timed else None,
        claims=entry.claims,
    )


def _failure(entry: Entry) -> tuple[Status, str] | None:
    """How it ended, if a side was not measured: the first that was not says why."""
    if entry.measurement is None:
        return ending(entry.failure)
    for side in SIDES:
        failure = entry.measurement.failures.get(side)
        runs = entry.measurement.runs_of(side)
        if failure is not None or not runs:
            status, reason = ending(failure)
            return status, reason if status is Status.UNAVAILABLE else f"{side}: {reason}"
        if not any(sample for run in runs for sample in run.samples_s):
            return Status.FAILED, f"{side}: it says that it took 0 s"
    return None


def _doubts(rows: Sequence[TrapResult]) -> tuple[str, ...]:
    """Factors that say little; the times alone say less than they do, so that they are left out."""
    wide = [row.name for row in rows if row.factor and row.factor.half_width > WIDE_INTERVAL]
    if not wide:
        return ()
    return (
        f"the factor of {listed(wide)} has an interval wider than ± {WIDE_INTERVAL:.0%}: "
        "give a larger --budget, or repeat on a quieter machine",
    )
