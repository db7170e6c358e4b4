"""Rebalances, a part of the stream ladder: what a member that leaves, joins or is killed costs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from hotloop.base.units import UNKNOWN, count, duration, plus_minus
from hotloop.report.charts import Axis, Chart, Estimate, Estimates, Scale
from hotloop.report.figures import Figure, Sheet, Value
from hotloop.report.layout import Align, Column, Row, Table
from hotloop.report.page import STYLES
from hotloop.report.quantities import Quantity, Unit, bounds
from hotloop.streams.cells import bar_style, remark
from hotloop.streams.intervals import spread
from hotloop.streams.result import Handover, Rebalance, Spread, StreamResult, VariantResult

if TYPE_CHECKING:
    from hotloop.streams.run import Plan, Session
    from stream.consume.job import ConsumerReport, GroupProtocol
    from stream.faults.handover import Cost
    from stream.faults.rebalance import Rebalanced

REBALANCE = "rebalance"
ABOUT = {REBALANCE: "what a member that leaves, joins or is killed costs the others"}
# Of one group: start, calm, three changes with the session of a dead member, the last commits.
EXPECTED_S = 32.0
# What CSV has a place for.
PROTOCOLS = ("eager", "cooperative", "consumer")
EVENTS = ("leave", "join", "kill")


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group of one variant, with one of its protocols."""

    name: str
    protocol: "GroupProtocol"


class Rebalances:
    """The groups of one session: ``failures`` has those that failed, with the reason."""

    def __init__(self, plan: "Plan") -> None:
        self._plan = plan
        is_asked = REBALANCE in plan.measures
        self._groups = [
            Group(name, protocol)
            for name in (plan.variants if is_asked else ())
            for protocol in plan.protocols[name]
        ]
        self.found: dict[Group, list[Rebalanced]] = {}
        self.failures: dict[Group, str] = {}

    @property
    def rounds(self) -> int:
        """As many as runs were asked for."""
        return self._plan.runs if self._groups else 0

    @property
    def has_figures(self) -> bool:
        """Whether a group has been through all of it."""
        return bool(self.found)

    def expected_s(self) -> float:
        """For every group in every round."""
        return self._plan.runs * len(self._groups) * EXPECTED_S

    def run(self, session: "Session") -> None:
        """Every group once a round, in random order; one that fails costs no other."""
        for number in range(self._plan.runs):
            groups = [
                group
                for group in self._groups
                if group.name not in session.records.failures and group not in self.failures
            ]
            session.rng.shuffle(groups)
            for group in groups:
                which = f"rebalance, run {number + 1} of {self._plan.runs}"
                session.say(f"{group.name}, {group.protocol.value}: {which}")
                session.attempt(group, partial(self._rebalance, session, group), self.failures)

    def is_complete(self, variant: str) -> bool:
        """Whether each of its groups has as many runs as were asked for."""
        return all(len(self.found.get(one, [])) >= self._plan.runs for one in self._of(variant))

    def reports(self, variant: str) -> "Sequence[ConsumerReport]":
        """Of the first member in each run."""
        return [run.report for group in self._of(variant) for run in self.found.get(group, [])]

    def failure(self, variant: str) -> str | None:
        """Of each protocol that failed."""
        failed = [group for group in self._of(variant) if group in self.failures]
        return "; ".join(f"{one.protocol.value}: {self.failures[one]}" for one in failed) or None

    def filled(self, row: VariantResult) -> VariantResult:
        """With a group for each protocol that was tried."""
        tried = [one for one in self._of(row.name) if one in self.found or one in self.failures]
        return replace(row, rebalance=tuple(map(self._rebalanced, tried)))

    def _of(self, variant: str) -> list[Group]:
        return [group for group in self._groups if group.name == variant]

    def _rebalance(self, session: "Session", group: Group) -> None:
        run = session.lab.rebalance(group.name, group.protocol, session.say)
        self.found.setdefault(group, []).append(run)
        session.records.add_account(group.name, run.account)

    def _rebalanced(self, group: Group) -> Rebalance:
        runs = self.found.get(group, [])
        accounts = [run.account for run in runs]
        return Rebalance(
            protocol=group.protocol.value,
            session_timeout_seconds=self._plan.sessions_s[group.protocol],
            calm_pause_seconds=spread([run.calm_pause_s for run in runs]) if runs else None,
            events=tuple(
                _handover(event.value, [run.costs[event] for run in runs])
                for event in (runs[0].costs if runs else ())
            ),
            account=sum(accounts[1:], accounts[0]) if accounts else None,
            reason=self.failures.get(group),
        )


def runs(plan: "Plan") -> Rebalances:
    """Those of a new session."""
    return Rebalances(plan)


def _handover(event: str, costs: "Sequence[Cost]") -> Handover:
    kept = [cost.kept_pause_s for cost in costs if cost.kept_pause_s is not None]
    return Handover(
        event=event,
        pause_seconds=spread([cost.pause_s for cost in costs]),
        kept_pause_seconds=spread(kept) if kept else None,
        back_seconds=spread([cost.back_s for cost in costs]),
        repeated_records=spread([cost.repeated for cost in costs]),
    )


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
                why = f"{group.protocol} failed: {group.reason}"
                rows.append(sheet.row_of({"variant": variant.name}, why, style))
        if not (variant.has_figures or variant.left_out):
            rows.append(sheet.row_of({"variant": variant.name}, remark(variant), style))
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


def figures() -> dict[str, Figure[VariantResult]]:
    """For CSV: the medians of each event with each protocol."""
    kinds: dict[str, Callable[[Handover], Spread | None]] = {
        "pause_seconds": lambda event: event.pause_seconds,
        "kept_pause_seconds": lambda event: event.kept_pause_seconds,
        "back_seconds": lambda event: event.back_seconds,
        "repeated_records": lambda event: event.repeated_records,
    }
    return {
        f"{protocol}_{event}_{kind}": Figure(_median_of(protocol, event, of_event))
        for protocol in PROTOCOLS
        for event in EVENTS
        for kind, of_event in kinds.items()
    }


def _median_of(
    protocol: str, event: str, of_event: Callable[[Handover], Spread | None]
) -> Callable[[VariantResult], Value]:
    def value(variant: VariantResult) -> Value:
        events = [
            one
            for group in variant.rebalance
            for one in group.events
            if (group.protocol, one.event) == (protocol, event)
        ]
        found = of_event(events[0]) if events else None
        return None if found is None else found.median

    return value


def _seconds_cell(found: Spread | None) -> str:
    if found is None:
        return UNKNOWN
    half_width = (found.high - found.low) / 2 / found.median if found.median else 0.0
    return f"{duration(found.median)} {plus_minus(half_width)}"


def doubts(_variant: VariantResult) -> list[str]:
    """None: whatever a rebalance costs is its figure."""
    return []


def charts(result: StreamResult) -> list[Chart]:
    """A chart for each event: the longest pause of every group."""
    rows: dict[str, list[Estimate]] = {}
    for variant in result.variants:
        for group in variant.rebalance:
            for event in group.events:
                pause = event.pause_seconds
                name = f"{variant.name} {group.protocol}"
                said = duration(pause.median)
                row = Estimate(name, pause.median, pause.low, pause.high, said, bar_style(variant))
                rows.setdefault(event.event, []).append(row)
    axis = Axis("seconds", Scale.LINEAR, "{:g}".format)
    return [
        Estimates(f"The longest pause of a partition: {event}", axis, mine)
        for event, mine in rows.items()
    ]


def quantities(variant: VariantResult) -> Iterator[Quantity]:
    """The pauses and the repeated records of each event."""
    for group in variant.rebalance:
        for event in group.events:
            row = f"{variant.name} {group.protocol} {event.event}"
            for figure, unit, found in (
                ("pause", Unit.SECONDS, event.pause_seconds),
                ("all flow after", Unit.SECONDS, event.back_seconds),
                ("repeated", Unit.RECORDS, event.repeated_records),
            ):
                yield Quantity(row, figure, unit, found.median, *bounds(found))
