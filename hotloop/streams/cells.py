"""What a reader of the stream ladder's result is told, in words and cells, whatever the format."""

from collections.abc import Callable, Sequence

from hotloop.base.outcome import Status
from hotloop.base.units import UNKNOWN, count, duration, factor, percent, plus_minus
from hotloop.report.layout import Align, Column, Row, Style, Table
from hotloop.streams.result import BrokerFacts, Rate, Scale, StreamResult, VariantResult

# CPU seconds for a million records are CPU microseconds for one.
CPU_HEAD = "CPU us/record"
SIGNIFICANT_DIGITS = 3

_STYLES = {
    Status.OK: Style.PLAIN,
    Status.UNAVAILABLE: Style.ABSENT,
    Status.WRONG: Style.BAD,
    Status.FAILED: Style.BAD,
}
_VERDICTS = {
    Status.UNAVAILABLE: "is unavailable",
    Status.WRONG: "is wrong",
    Status.FAILED: "failed",
}
# A search that something else than the consumer ended found a lower bound.
_LOWER_BOUND = "≥ "
_ENDED_BY_CONSUMER = "consumer"


def head_segments(result: StreamResult) -> list[str]:
    """The broker, the problem and the machine, each short enough to stand on a line."""
    problem, machine = result.problem, result.machine
    cpus = "" if machine.usable_cpus is None else f"{machine.usable_cpus} x "
    segments = [
        _broker_words(result.broker),
        _plural(problem.partitions, "partition"),
        f"{problem.record_bytes}-byte JSON records, decoded",
        f"{cpus}{machine.cpu or 'unknown CPU'}",
        f"Python {machine.python}",
        f"order seed {result.seed}",
    ]
    extras = [
        _plural(number, word)
        for number, word in (
            (problem.topics, "topic"),
            (problem.workers, "worker"),
            (problem.producers, "producer"),
        )
        if number > 1
    ]
    return [*segments[:2], *extras, *segments[2:]]


def drain_table(result: StreamResult) -> Table | None:
    """One row a variant, in ladder order, then the limit; None where nothing was drained."""
    if not _is_drained(result):
        return None
    columns = (
        Column("variant", Align.LEFT),
        Column("records/s", Align.LEFT),
        Column("of aiokafka"),
        Column("of limit", dispensable=5),
        Column(CPU_HEAD),
        Column("broker us", dispensable=3),
        Column("join s", dispensable=2),
        *([Column("speed-up", Align.LEFT, dispensable=4)] if _is_scaled(result) else []),
        Column("lost"),
        Column("twice"),
    )
    rows = [_drain_cells(v, scaled=_is_scaled(result)) for v in result.variants]
    limit = result.limit.records_per_second if result.limit else None
    rows.append(["limit", _rate_cell(limit), *[""] * (len(columns) - 2)])
    _align(rows, place=1)
    remarks = [*(_remark(v) for v in result.variants), None]
    if result.limit is not None and result.limit.reason is not None:
        remarks[-1] = f"failed: {result.limit.reason}"
    styles = [*(_STYLES[v.status] for v in result.variants), Style.PLAIN]
    return Table(
        columns,
        tuple(
            Row(tuple(cells), remark, style)
            for cells, remark, style in zip(rows, remarks, styles, strict=True)
        ),
    )


def load_table(result: StreamResult) -> Table | None:
    """Sustained rates and latencies under shares of them; None where none were measured."""
    columns = (
        Column("variant", Align.LEFT),
        Column("sustained/s"),
        Column("offered/s"),
        Column("p50"),
        Column("p90", dispensable=1),
        Column("p99"),
        Column("p99.9", dispensable=2),
        Column("max"),
    )
    rows = [Row(tuple(cells)) for v in result.variants for cells in _load_cells(v)]
    if _is_drained(result):
        return Table(columns, tuple(rows)) if rows else None
    # No other table says why a variant is missing here.
    missing = [v for v in result.variants if not _load_cells(v)]
    rows += [
        Row((v.name, *[""] * (len(columns) - 1)), _remark(v), _STYLES[v.status]) for v in missing
    ]
    return Table(columns, tuple(rows))


def tables(result: StreamResult) -> list[Table]:
    """The tables that this result has something for."""
    return [table for table in (drain_table(result), load_table(result)) if table is not None]


def doubts(result: StreamResult) -> list[str]:
    """What makes the figures doubtful: bad answers, then intervals, then the warnings."""
    found = [
        f"{variant.name} {_VERDICTS[variant.status]}: {variant.reason}"
        for variant in result.variants
        if variant.status is not Status.OK and _remark(variant) is None
    ]
    short = result.short_of_confidence
    if short:
        names = ", ".join(variant.name for variant in short)
        found.append(
            f"± holds for {names} with less than {percent(result.confidence)} confidence: "
            "there were too few runs"
        )
    return [*found, *result.warnings]


def remarks(result: StreamResult) -> list[str]:
    """What is worth knowing and no reason for doubt: commits, replays, the other ceilings."""
    lines = [] if result.base is None else [f"of aiokafka: of the rate of {result.base}"]
    lines += _commit_lines(result.variants)
    twice = [v.name for v in result.variants if v.account is not None and v.account.duplicated]
    if twice and result.problem.workers > 1:
        lines.append(
            f"twice: a rebalance, when a worker joined, gave {', '.join(twice)} records again "
            "that were not yet committed"
        )
    for variant in result.variants:
        account = variant.account
        if account is not None and account.committed < account.end:
            again = account.end - account.committed
            lines.append(
                f"{variant.name} ended with {_plural(again, 'record')} seen and not committed: "
                "the next worker of its group would see that again"
            )
    limit, generator = result.limit, result.generator
    if limit is not None:
        perf = limit.perf_test_records_per_second
        why = "" if limit.perf_test_reason is None else f" ({limit.perf_test_reason})"
        said = f"not run{why}" if perf is None else f"{figure(perf)}/s"
        lines.append(
            "limit: the fastest client, which decodes nothing; "
            f"kafka-consumer-perf-test on the same topic: {said}"
        )
    if generator is not None:
        lines.append(
            f"the load generator filled it with {figure(generator.records_per_second)} records/s, "
            f"{generator.cpu_seconds_per_million:.2g} {CPU_HEAD}"
        )
    return lines


def closing(result: StreamResult) -> str:
    """How long it took."""
    drains = [len(v.drain.records_per_second.samples) for v in result.variants if v.drain]
    if not drains:
        return f"{result.elapsed_seconds:.0f} s"
    fewest, most = min(drains), max(drains)
    runs = _plural(most, "run") if fewest == most else f"{fewest} to {most} runs"
    return f"{result.elapsed_seconds:.0f} s, {runs} a variant"


def figure(per_s: float) -> str:
    """A rate in whole records, three digits of it: "243,000"."""
    return f"{float(f'{per_s:.{SIGNIFICANT_DIGITS - 1}e}'):,.0f}"


def _broker_words(broker: BrokerFacts | None) -> str:
    if broker is None:
        return "no broker was started"
    nodes = _plural(broker.nodes, "node")
    if broker.start_seconds is None:
        return f"Kafka {broker.version} or newer, {broker.mode}, {nodes}, at {broker.bootstrap}"
    started = f"started here in {broker.start_seconds:.0f} s"
    return f"Kafka {broker.version}, {broker.mode}, {nodes}, {started}"


def _drain_cells(variant: VariantResult, *, scaled: bool) -> list[str]:
    drain, account = variant.drain, variant.account
    cells = [
        variant.name,
        _rate_cell(drain.records_per_second if drain else None),
        _known(drain and drain.of_aiokafka, percent),
        _known(drain and drain.of_limit, percent),
        _known(drain and drain.cpu_seconds_per_million, lambda us: f"{us:.3g}"),
        _known(drain and drain.broker_cpu_seconds_per_million, lambda us: f"{us:.2g}"),
        _known(drain and drain.join_seconds, lambda s: f"{s:.1f}"),
    ]
    if scaled:
        cells.append(_speedup_cell(drain.scale if drain else None))
    return [
        *cells,
        _known(account and account.lost, count),
        _known(account and account.duplicated, count),
    ]


def _load_cells(variant: VariantResult) -> list[list[str]]:
    """A row for each latency, the first with the sustained rate; one row where there is none."""
    sustain = variant.sustain
    if sustain is None and not variant.latency:
        return []
    sustained = UNKNOWN
    if sustain is not None and sustain.records_per_second is not None:
        is_exact = sustain.limited_by == _ENDED_BY_CONSUMER
        sustained = ("" if is_exact else _LOWER_BOUND) + figure(sustain.records_per_second)
    rows = [
        [
            figure(at.offered_per_second),
            *(
                duration(seconds)
                for seconds in (
                    at.p50_seconds,
                    at.p90_seconds,
                    at.p99_seconds,
                    at.p999_seconds,
                    at.max_seconds,
                )
            ),
        ]
        for at in variant.latency
    ] or [[""] * 6]
    leads = [[variant.name, sustained], *[["", ""]] * (len(rows) - 1)]
    return [[*lead, *row] for lead, row in zip(leads, rows, strict=True)]


def _remark(variant: VariantResult) -> str | None:
    """Why there are no figures; a variant that lost records shows them and the reason below."""
    if variant.status is Status.OK or variant.drain is not None:
        return None
    return f"{variant.status.value}: {variant.reason}"


def _commit_lines(variants: Sequence[VariantResult]) -> list[str]:
    """ "commits: ..." with the variants that share a way grouped."""
    groups: dict[str, list[str]] = {}
    for variant in variants:
        if variant.account is not None:
            groups.setdefault(variant.commits, []).append(variant.name)
    if not groups:
        return []
    said = "; ".join(f"{', '.join(names)}: {commits}" for commits, names in groups.items())
    return [f"commits: {said}"]


def _rate_cell(measured: Rate | None) -> str:
    if measured is None:
        return UNKNOWN
    return f"{figure(measured.median)} {plus_minus(measured.relative_half_width)}"


def _speedup_cell(scale: Scale | None) -> str:
    if scale is None:
        return UNKNOWN
    half_width = (scale.speedup_high - scale.speedup_low) / 2 / scale.speedup
    return f"{factor(scale.speedup)} {plus_minus(half_width)}"


def _align(rows: list[list[str]], place: int) -> None:
    """Estimates end together and "±" starts together."""
    width = max(len(row[place].partition(" ")[0]) for row in rows)
    for row in rows:
        estimate, _, uncertainty = row[place].partition(" ")
        row[place] = f"{estimate:>{width}} {uncertainty}".rstrip()


def _is_drained(result: StreamResult) -> bool:
    return result.limit is not None or any(v.drain for v in result.variants)


def _is_scaled(result: StreamResult) -> bool:
    return any(v.drain is not None and v.drain.scale is not None for v in result.variants)


def _known(value: object, show: Callable[..., str]) -> str:
    return UNKNOWN if value is None else show(value)


def _plural(number: int, word: str) -> str:
    return f"{count(number)} {word}{'' if number == 1 else 's'}"
