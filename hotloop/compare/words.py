"""Figures, cells and words that every ladder's page has."""

from collections.abc import Callable, Iterable
from typing import Any

from hotloop.base.outcome import Status
from hotloop.base.units import UNKNOWN, duration, factor, plus_minus
from hotloop.compare.result import Factor, LadderRow, Seconds
from hotloop.report.figures import Figure, Value
from hotloop.report.layout import Align, Column

# "ms" and "us" are the widest units; shorter ones are padded, so that ± lines up.
UNIT_WIDTH = 2


def time_figures() -> dict[str, Figure[Any]]:
    """What is known about the time of a row."""
    return {
        "median_seconds": Figure(
            _timed(lambda s: s.median),
            Column("time", Align.ESTIMATE),
            cell=lambda row: _time_cell(row.seconds),
        ),
        "low_seconds": Figure(_timed(lambda s: s.low)),
        "high_seconds": Figure(_timed(lambda s: s.high)),
        "confidence": Figure(_timed(lambda s: s.confidence)),
        "lower_quartile_seconds": Figure(_timed(lambda s: s.lower_quartile)),
        "upper_quartile_seconds": Figure(_timed(lambda s: s.upper_quartile)),
        "samples": Figure(_timed(lambda s: len(s.samples))),
        "processes": Figure(_timed(lambda s: len(s.samples_per_process))),
    }


def _timed(value: Callable[[Seconds], Value]) -> Callable[[LadderRow], Value]:
    return lambda row: None if row.seconds is None else value(row.seconds)


def _time_cell(seconds: Seconds | None) -> str:
    """ "20.1 ms ± 1 %"."""
    if seconds is None:
        return UNKNOWN
    number, unit = duration(seconds.median).split(" ")
    return f"{number} {unit:<{UNIT_WIDTH}} {plus_minus(seconds.relative_half_width)}"


def factor_cell(found: Factor | None) -> str:
    """ "1.34x ± 2 %"."""
    return UNKNOWN if found is None else f"{factor(found.value)} {plus_minus(found.half_width)}"


def confidence(fraction: float) -> str:
    """A level of confidence, whose digits after 90 matter: "93.8 %", "95 %"."""
    return f"{fraction * 100:.3g} %"


def remark(row: LadderRow) -> str | None:
    """Why a row has no figures: a wrong answer, a missing package, a crash."""
    return None if row.status is Status.OK else f"{row.status.value}: {row.reason}"


def slow_first_calls(rows: Iterable[LadderRow]) -> list[str]:
    """One sentence on first calls that took much longer than the others, if there are any."""
    slow = [
        f"{row.name} {duration(row.first_call_seconds)}"
        for row in rows
        if row.first_call_is_slow and row.first_call_seconds is not None
    ]
    return [f"first call, not in the times: {', '.join(slow)}"] if slow else []


def calls_after_a_pause(rows: Iterable[LadderRow], noticed_s: float = 0.0) -> list[str]:
    """One sentence on calls that a pause before changes, by ``noticed_s`` at least."""
    paused = [
        f"{row.name} {duration(row.after_pause_seconds)} ({row.pause_factor:.1f}x)"
        for row in rows
        if row.after_pause_seconds is not None
        and row.seconds is not None
        and row.pause_factor is not None
        and abs(row.after_pause_seconds - row.seconds.median) >= noticed_s
    ]
    return [f"a single call after a pause, not in the times: {', '.join(paused)}"] if paused else []
