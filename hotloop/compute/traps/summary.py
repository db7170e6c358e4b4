"""Records in, the traps' result out: a pure function, so that stored runs can be judged again."""

from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.compare.result import Seconds
from hotloop.compare.summary import WIDE_INTERVAL, ending, factor_of, listed, seconds_of
from hotloop.compute.traps.result import Told, TrapResult, TrapsResult
from hotloop.timing.record import Failure, Measurement

CONFIDENCE = 0.95
LOOKS_RIGHT, IS_RIGHT = "looks_right", "is_right"


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
    failed = _failure(entry)
    if failed is not None:
        return _made(entry, *failed)
    assert entry.measurement is not None
    looks, right = (seconds_of(entry.measurement.runs_of(side)) for side in (LOOKS_RIGHT, IS_RIGHT))
    return _made(entry, Status.OK, None, looks, right)


def _failure(entry: Entry) -> tuple[Status, str] | None:
    """How it ended, if a side was not measured: the first that was not says why."""
    if entry.measurement is None:
        return ending(entry.failure)
    for side in (LOOKS_RIGHT, IS_RIGHT):
        failure = entry.measurement.failures.get(side)
        runs = entry.measurement.runs_of(side)
        if failure is not None or not runs:
            status, reason = ending(failure)
            return status, reason if status is Status.UNAVAILABLE else f"{side}: {reason}"
        if not any(sample for run in runs for sample in run.samples_s):
            return Status.FAILED, f"{side}: it says that it took 0 s"
    return None


def _made(
    entry: Entry,
    status: Status,
    reason: str | None,
    looks_right: Seconds | None = None,
    is_right: Seconds | None = None,
) -> TrapResult:
    is_timed = entry.measurement is not None and status is Status.OK
    return TrapResult(
        name=entry.name,
        title=entry.title,
        why=entry.why,
        status=status,
        reason=reason,
        looks_right=looks_right,
        is_right=is_right,
        factor=factor_of(IS_RIGHT, entry.measurement, LOOKS_RIGHT, CONFIDENCE)
        if is_timed and entry.measurement is not None
        else None,
        told=entry.told if is_timed else None,
        claims=entry.claims,
    )


def _doubts(rows: Sequence[TrapResult]) -> tuple[str, ...]:
    """Factors that say little; the times alone say less than they do, so that they are left out."""
    wide = [row.name for row in rows if row.factor and row.factor.half_width > WIDE_INTERVAL]
    if not wide:
        return ()
    return (
        f"the factor of {listed(wide)} has an interval wider than ± {WIDE_INTERVAL:.0%}: "
        "give a larger --budget, or repeat on a quieter machine",
    )
