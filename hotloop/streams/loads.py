"""Loads, a part of the stream ladder: what rate a variant sustains, and latencies below it."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from hotloop.base.errors import MeasurementError
from hotloop.base.units import UNKNOWN, duration
from hotloop.base.units import rate as rate_words
from hotloop.report.charts import Axis, Chart, Curves, Estimate, Estimates, Scale, Series
from hotloop.report.figures import Figure, Sheet
from hotloop.report.layout import Align, Column, Row, Table
from hotloop.report.page import STYLES
from hotloop.report.quantities import Quantity, Unit
from hotloop.streams.cells import bar_style, figure, remark
from hotloop.streams.result import ProbeFacts, StreamResult, Sustain, VariantResult
from stream.measure.figures import Latency

if TYPE_CHECKING:
    from hotloop.streams.run import Plan, Session
    from stream.consume.job import ConsumerReport
    from stream.measure.drain import Drained
    from stream.measure.sustain import LatencyAt, Sustained

SUSTAIN = "sustain"
LATENCY = "latency"
ABOUT = {
    SUSTAIN: "the highest rate without growing lag",
    LATENCY: "at 50, 70, 90 % of that",
}
LATENCY_SHARES = (0.5, 0.7, 0.9)
# A drain reads whole fetches that wait in the client, so its rate is above what can be sustained.
FIRST_SHARE_OF_DRAIN = 0.75
# To find where a search begins.
GUESS_RECORDS = 200_000
GUESS_STRETCH_S = 1.0
# No generator sends more; but a drain of a few records from one fetch may show any rate.
MOST_FIRST_PER_S = 300_000.0
EXPECTED_SUSTAIN_S = 80.0
EXPECTED_LATENCY_S = 45.0
# If something other than the consumer ended the search, it found a lower bound.
LOWER_BOUND = "≥ "
ENDED_BY_CONSUMER = "consumer"
NOTHING = "nothing"


class Loads:
    """The searches and latency runs of one session."""

    def __init__(self, plan: "Plan") -> None:
        self._plan = plan
        self._has_latency = LATENCY in plan.measures
        # Latencies are at shares of what was sustained.
        self._is_asked = self._has_latency or SUSTAIN in plan.measures
        self.guesses: dict[str, Drained] = {}
        self.sustained: dict[str, Sustained] = {}
        self.latencies: dict[str, list[LatencyAt]] = {}

    @property
    def rounds(self) -> int:
        """None: once a variant."""
        return 0

    @property
    def has_figures(self) -> bool:
        """Whether a search has ended."""
        return bool(self.sustained)

    def expected_s(self) -> float:
        """For every variant."""
        if not self._is_asked:
            return 0.0
        each_s = EXPECTED_SUSTAIN_S + (EXPECTED_LATENCY_S if self._has_latency else 0.0)
        return each_s * len(self._plan.variants)

    def run(self, session: "Session") -> None:
        """The search of each variant, and latencies, in ladder order."""
        if not self._is_asked:
            return
        records = session.records
        if records.fill is None:
            session.say("filling a topic for first guesses")
            records.fill = session.lab.fill(GUESS_RECORDS)
        for name in self._plan.variants:
            session.attempt(name, partial(self._load, session, name), records.failures)

    def is_complete(self, variant: str) -> bool:
        """Whether there is an answer, and a latency for each share of it."""
        if not self._is_asked:
            return True
        has_all = len(self.latencies.get(variant, [])) == len(LATENCY_SHARES)
        return variant in self.sustained and (has_all or not self._has_latency)

    def reports(self, variant: str) -> "Sequence[ConsumerReport]":
        """Of the short drain that a search began with."""
        return [self.guesses[variant].report] if variant in self.guesses else []

    def failure(self, _variant: str) -> str | None:
        """Whatever fails ends all of a variant's measures."""
        return None

    def filled(self, row: VariantResult) -> VariantResult:
        """With its search and its latencies."""
        found = self.sustained.get(row.name)
        return replace(
            row,
            sustain=None if found is None else _sustain(found),
            latency=tuple(at.latency for at in self.latencies.get(row.name, [])),
        )

    def _load(self, session: "Session", name: str) -> None:
        """The search, and then latency under shares of its answer."""
        records = session.records
        found = session.lab.search(name, self._first_per_s(session, name), session.say)
        self.sustained[name] = found
        records.add_account(name, found.account)
        sustained_per_s = found.answer.sustained_per_s
        if sustained_per_s is None:
            raise MeasurementError(f"{name} sustained none of {len(found.probes)} offered rates")
        if self._has_latency:
            for share in LATENCY_SHARES:
                session.say(f"{name}: latency at {share:.0%} of what it sustains")
                at = session.lab.latency_at(name, share * sustained_per_s)
                self.latencies.setdefault(name, []).append(at)
                records.add_account(name, at.account)

    def _first_per_s(self, session: "Session", name: str) -> float:
        """Where a search begins: below the drain's rate, from a short drain if necessary."""
        workers = self._plan.workers
        rates = session.records.rates_of(name, workers)
        if not rates:
            session.say(f"{name}: a short drain, to find where to begin")
            guess = session.lab.drain(name, workers, GUESS_STRETCH_S)
            self.guesses[name] = guess
            session.records.add_account(name, guess.account)
            rates = [guess.records_per_s]
        return min(MOST_FIRST_PER_S, FIRST_SHARE_OF_DRAIN * statistics.median(rates))


def runs(plan: "Plan") -> Loads:
    """Those of a new session."""
    return Loads(plan)


def _sustain(found: "Sustained") -> Sustain:
    return Sustain(
        records_per_second=found.answer.sustained_per_s,
        failed_records_per_second=found.answer.failed_per_s,
        limited_by=found.answer.limited_by.value,
        probes=tuple(
            ProbeFacts(
                offered_per_second=probe.offered_per_s,
                sent_per_second=probe.sent_per_s,
                handled_per_second=probe.handled_per_s,
                lag_growth_per_second=probe.lag_slope_per_s,
                limited_by=probe.limited_by.value,
            )
            for probe in found.probes
        ),
    )


def figures() -> dict[str, Figure[VariantResult]]:
    """For CSV: the sustained rate; probes and latencies are in the JSON alone."""
    return {
        "sustained_records_per_second": Figure(
            lambda v: None if v.sustain is None else v.sustain.records_per_second,
            Column("sustained/s"),
            cell=_sustained_cell,
        )
    }


def _of_variant() -> dict[str, Figure[VariantResult]]:
    return {"name": Figure(lambda v: v.name, Column("variant", Align.LEFT)), **figures()}


def _of_latency() -> dict[str, Figure[Latency]]:
    """What is known of a variant under a share of the rate that it sustained."""
    return {
        "offered": Figure(lambda at: at.offered_per_second, Column("offered/s"), figure),
        "p50": Figure(lambda at: at.p50_seconds, Column("p50"), duration),
        "p90": Figure(lambda at: at.p90_seconds, Column("p90", dispensable=1), duration),
        "p99": Figure(lambda at: at.p99_seconds, Column("p99"), duration),
        "p999": Figure(lambda at: at.p999_seconds, Column("p99.9", dispensable=2), duration),
        "max": Figure(lambda at: at.max_seconds, Column("max"), duration),
    }


def table(result: StreamResult) -> Table | None:
    """Sustained rates, and latencies under shares of them; None if none were measured."""
    of_variant, of_latency = _of_variant(), _of_latency()
    every: dict[str, Figure[Any]] = {**of_variant, **of_latency}
    sheet: Sheet[Any] = Sheet(every, tuple(every))
    rows: list[Row] = []
    missing: list[Row] = []
    for variant in result.variants:
        if variant.left_out is not None:
            continue
        if variant.sustain is None and not variant.latency:
            if not variant.has_figures:
                cells = {"name": variant.name}
                missing.append(sheet.row_of(cells, remark(variant), STYLES[variant.status]))
            continue
        # A row for each latency, the first with the sustained rate; one row if there is none.
        loads = [{name: f.shown(at) for name, f in of_latency.items()} for at in variant.latency]
        first, *others = loads or [{}]
        first |= {name: shown.shown(variant) for name, shown in of_variant.items()}
        rows += map(sheet.row_of, (first, *others))
    if not rows and any(variant.has_figures for variant in result.variants):
        return None
    if not result.is_drained:
        # No other table says why a variant is missing here.
        rows += missing
    return sheet.table(rows) if rows else None


def _sustained_cell(variant: VariantResult) -> str:
    sustain = variant.sustain
    if sustain is None or sustain.records_per_second is None:
        return UNKNOWN
    is_exact = sustain.limited_by == ENDED_BY_CONSUMER
    return ("" if is_exact else LOWER_BOUND) + figure(sustain.records_per_second)


def remarks(_result: StreamResult) -> list[str]:
    """None: the table's head says it."""
    return []


def doubts(variant: VariantResult) -> list[str]:
    """Where the generator or a backlog, not the client, made the figures."""
    found = []
    if variant.sustain is not None and variant.sustain.limited_by == "generator":
        found.append(
            f"{variant.name} took all that the generator could send: it may sustain more; "
            "give more --producers"
        )
    doubtful = [row for row in variant.latency if row.limited_by != NOTHING]
    if doubtful:
        rates = ", ".join(f"{row.offered_per_second:,.0f}" for row in doubtful)
        found.append(
            f"{variant.name} did not keep up during its latency run at {rates} records/s, "
            "so that the figures say more about the backlog: repeat on a quieter machine"
        )
    late = sum(row.late for row in variant.latency)
    if late:
        found.append(
            f"{late:,} record(s) had not reached {variant.name} when its latency runs ended: "
            "they count with the time until then"
        )
    return found


def charts(result: StreamResult) -> list[Chart]:
    """Sustained rates, and for each variant with more than one rate latency over the rate."""
    return [*_sustained_chart(result), *_latency_charts(result)]


def _sustained_chart(result: StreamResult) -> list[Chart]:
    rows = [
        Estimate(v.name, v.sustain.records_per_second, None, None, said, bar_style(v))
        for v in result.variants
        if v.sustain is not None and v.sustain.records_per_second is not None
        for said in [figure(v.sustain.records_per_second)]
    ]
    axis = Axis("records a second", Scale.LOG, figure)
    return [Estimates("The highest rate that was sustained", axis, rows)] if rows else []


def _latency_charts(result: StreamResult) -> list[Chart]:
    return [
        Curves(
            f"Latency of {variant.name}",
            Axis("records offered a second", Scale.LINEAR, figure),
            Axis("latency", Scale.LOG, duration),
            (
                _percentile("p50", variant, lambda at: at.p50_seconds),
                _percentile("p99", variant, lambda at: at.p99_seconds),
                _percentile("p99.9", variant, lambda at: at.p999_seconds),
            ),
        )
        for variant in result.variants
        if len(variant.latency) > 1
    ]


def _percentile(name: str, variant: VariantResult, seconds: Callable[[Latency], float]) -> Series:
    points = ((at.offered_per_second, seconds(at)) for at in variant.latency)
    return Series(name, tuple(sorted(points)))


def quantities(variant: VariantResult) -> Iterator[Quantity]:
    """The sustained rate, and percentiles at each rate that was offered."""
    name, sustain = variant.name, variant.sustain
    if sustain is not None and sustain.records_per_second is not None:
        yield Quantity(name, "sustained/s", Unit.PER_SECOND, sustain.records_per_second)
    for latency in variant.latency:
        offered = f"at {rate_words(latency.offered_per_second)}/s"
        for percentile, seconds in (
            ("p50", latency.p50_seconds),
            ("p99", latency.p99_seconds),
            ("p99.9", latency.p999_seconds),
        ):
            yield Quantity(name, f"{percentile} {offered}", Unit.SECONDS, seconds)
