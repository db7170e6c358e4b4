"""How the rebalances of the stream ladder's groups are shown: a table, and medians for CSV."""

from collections.abc import Callable
from dataclasses import dataclass

from hotloop.base.units import UNKNOWN, count, duration, plus_minus
from hotloop.report.figures import Figure, Sheet, Value
from hotloop.report.layout import Align, Column, Row, Table
from hotloop.report.page import STYLES
from hotloop.streams.result import Handover, Rebalance, Spread, StreamResult, VariantResult

# What CSV has a place for.
PROTOCOLS = ("eager", "cooperative", "consumer")
EVENTS = ("leave", "join", "kill")


@dataclass(frozen=True, slots=True)
class _Event:
    """A row of the table of rebalances. ``is_first``: of its group."""

    variant: VariantResult
    group: Rebalance
    event: Handover
    is_first: bool


# What is true of a whole group stands in the first of its rows.
FIGURES: dict[str, Figure[_Event]] = {
    "variant": Figure(lambda e: e.variant.name, Column("variant", Align.LEFT)),
    "protocol": Figure(lambda e: e.group.protocol, Column("protocol", Align.LEFT)),
    "event": Figure(lambda e: e.event.event, Column("event", Align.LEFT)),
    "pause": Figure(
        lambda e: e.event.pause_seconds.median,
        Column("longest pause", Align.ESTIMATE),
        cell=lambda e: _seconds_cell(e.event.pause_seconds),
    ),
    "kept": Figure(
        lambda e: e.event.kept_pause_seconds.median if e.event.kept_pause_seconds else None,
        Column("of those kept", Align.ESTIMATE, dispensable=2),
        cell=lambda e: _seconds_cell(e.event.kept_pause_seconds),
    ),
    "back": Figure(
        lambda e: e.event.back_seconds.median,
        Column("all flow after", Align.ESTIMATE),
        cell=lambda e: _seconds_cell(e.event.back_seconds),
    ),
    "repeated": Figure(
        lambda e: e.event.repeated_records.median, Column("repeated"), "{:,.0f}".format
    ),
    "calm": Figure(
        lambda e: e.group.calm_pause_seconds.median if e.group.calm_pause_seconds else None,
        Column("calm", dispensable=1),
        duration,
    ),
    "lost": Figure(
        lambda e: e.group.account.lost if e.group.account else None, Column("lost"), count
    ),
}
OF_A_GROUP = ("variant", "protocol", "calm", "lost")


def table(result: StreamResult) -> Table | None:
    """Three rows a group; None if no group was rebalanced."""
    if not any(variant.rebalance for variant in result.variants):
        return None
    sheet: Sheet[_Event] = Sheet(FIGURES, tuple(FIGURES))
    rows: list[Row] = []
    for variant in result.variants:
        style = STYLES[variant.status]
        for group in variant.rebalance:
            rows += [
                sheet.row_of(_event_cells(_Event(variant, group, event, not number)), None, style)
                for number, event in enumerate(group.events)
            ]
            if not group.events:
                remark = f"{group.protocol} failed: {group.reason}"
                rows.append(sheet.row_of({"variant": variant.name}, remark, style))
        if not (variant.has_figures or variant.left_out):
            remark = f"{variant.status.value}: {variant.reason}"
            rows.append(sheet.row_of({"variant": variant.name}, remark, style))
    return sheet.table(rows)


def _event_cells(row: _Event) -> dict[str, str]:
    told = () if row.is_first else OF_A_GROUP
    return {name: figure.shown(row) for name, figure in FIGURES.items() if name not in told}


def remarks(result: StreamResult) -> list[str]:
    """What the events and the columns are."""
    groups = [group for variant in result.variants for group in variant.rebalance if group.events]
    if not groups:
        return []
    sessions = dict.fromkeys(group.session_timeout_seconds for group in groups)
    told = ", ".join("the cluster's own" if one is None else f"{one:g} s" for one in sessions)
    return [
        "leave: one of three members gets SIGTERM; join: a new process; kill: that one, with -9; "
        f"session time-out: {told}",
        "longest pause: in which a partition gave no new record; of those kept: of the partitions "
        "that did not change hands; calm: before anything happened",
    ]


def medians() -> dict[str, Figure[VariantResult]]:
    """For CSV: the medians of each event with each protocol."""
    kinds: dict[str, Callable[[Handover], Spread | None]] = {
        "pause_seconds": lambda event: event.pause_seconds,
        "kept_pause_seconds": lambda event: event.kept_pause_seconds,
        "back_seconds": lambda event: event.back_seconds,
        "repeated_records": lambda event: event.repeated_records,
    }
    return {
        f"{protocol}_{event}_{kind}": Figure(_median_of(protocol, event, spread))
        for protocol in PROTOCOLS
        for event in EVENTS
        for kind, spread in kinds.items()
    }


def _median_of(
    protocol: str, event: str, spread: Callable[[Handover], Spread | None]
) -> Callable[[VariantResult], Value]:
    def value(variant: VariantResult) -> Value:
        events = [
            one
            for group in variant.rebalance
            for one in group.events
            if (group.protocol, one.event) == (protocol, event)
        ]
        found = spread(events[0]) if events else None
        return None if found is None else found.median

    return value


def _seconds_cell(spread: Spread | None) -> str:
    if spread is None:
        return UNKNOWN
    half_width = (spread.high - spread.low) / 2 / spread.median if spread.median else 0.0
    return f"{duration(spread.median)} {plus_minus(half_width)}"
