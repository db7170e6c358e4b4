"""What a reader of the stream ladder's result sees, whatever the format."""

from collections.abc import Callable, Sequence

from hotloop.base.outcome import Status
from hotloop.base.units import UNKNOWN, count, counted, factor, percent, plus_minus
from hotloop.report.absent import not_installed
from hotloop.report.figures import Figure, Sheet, Value, constants, to_csv
from hotloop.report.layout import Align, Column, Table
from hotloop.report.page import STYLES, Page, cpus, python
from hotloop.streams import loads
from hotloop.streams.cells import figure, remark
from hotloop.streams.measures import PARTS
from hotloop.streams.result import BrokerFacts, Drain, Rate, StreamResult, VariantResult
from stream.account.figures import Account

# What the table of drains shows of the figures, in its order.
DRAIN = (
    "name",
    "median_records_per_second",
    "of_aiokafka",
    "of_limit",
    "cpu_seconds_per_million",
    "broker_cpu_seconds_per_million",
    "join_seconds",
    "speedup",
    "lost",
    "duplicated",
)
# CPU seconds for a million records are CPU microseconds for one.
CPU_HEAD = "CPU us/record"

_VERDICTS = {
    Status.UNAVAILABLE: "is unavailable",
    Status.WRONG: "is wrong",
    Status.FAILED: "failed",
}


def page(result: StreamResult) -> Page:
    """Broker, problem and machine, then the tables for which this result has figures."""
    tables = (_drain_table(result), *(part.table(result) for part in PARTS))
    return Page(
        head=_head(result),
        tables=[table for table in tables if table is not None],
        doubts=_doubts(result),
        remarks=_remarks(result),
        closing=[_closing(result)],
    )


def csv(result: StreamResult) -> str:
    """One row a variant."""
    return to_csv(figures(result), result.variants)


def figures(result: StreamResult) -> dict[str, Figure[VariantResult]]:
    """What is known of a variant, and of the run that it was part of.

    A row of CSV has both, so that files of several runs can be put together. Samples, probes
    and latencies are in the JSON alone.
    """
    problem, broker = result.problem, result.broker
    return {
        "name": Figure(lambda v: v.name, Column("variant", Align.LEFT)),
        "idea": Figure(lambda v: v.idea),
        "commits": Figure(lambda v: v.commits),
        "status": Figure(lambda v: v.status.value),
        "reason": Figure(lambda v: v.reason),
        "median_records_per_second": Figure(
            _drain(lambda d: d.records_per_second.median),
            Column("records/s", Align.ESTIMATE),
            cell=lambda v: _rate_cell(v.drain.records_per_second if v.drain else None),
        ),
        "low_records_per_second": Figure(_drain(lambda d: d.records_per_second.low)),
        "high_records_per_second": Figure(_drain(lambda d: d.records_per_second.high)),
        "confidence": Figure(_drain(lambda d: d.records_per_second.confidence)),
        "runs": Figure(_drain(lambda d: len(d.records_per_second.samples))),
        "of_aiokafka": Figure(_drain(lambda d: d.of_aiokafka), Column("of aiokafka"), percent),
        "of_limit": Figure(
            _drain(lambda d: d.of_limit), Column("of limit", dispensable=5), percent
        ),
        "join_seconds": Figure(
            _drain(lambda d: d.join_seconds), Column("join s", dispensable=2), "{:.1f}".format
        ),
        "cpu_seconds_per_million": Figure(
            _drain(lambda d: d.cpu_seconds_per_million), Column(CPU_HEAD), "{:.3g}".format
        ),
        "broker_cpu_seconds_per_million": Figure(
            _drain(lambda d: d.broker_cpu_seconds_per_million),
            Column("broker us", dispensable=3),
            "{:.2g}".format,
        ),
        "speedup": Figure(
            _drain(lambda d: d.scale.speedup if d.scale else None),
            Column("speed-up", Align.LEFT, dispensable=4),
            cell=_speedup_cell,
        ),
        **loads.figures(),
        "sent": Figure(_account(lambda a: a.sent)),
        "acknowledged": Figure(_account(lambda a: a.acknowledged)),
        "unique": Figure(_account(lambda a: a.unique)),
        "lost": Figure(_account(lambda a: a.lost), Column("lost"), count),
        "duplicated": Figure(_account(lambda a: a.duplicated), Column("twice"), count),
        "out_of_order": Figure(_account(lambda a: a.out_of_order)),
        "committed": Figure(_account(lambda a: a.committed)),
        **constants(
            partitions=problem.partitions,
            topics=problem.topics,
            workers=problem.workers,
            record_bytes=problem.record_bytes,
            broker_version=broker.version if broker else None,
            broker_nodes=broker.nodes if broker else None,
            seed=result.seed,
            cpu=result.machine.cpu,
            python=result.machine.python,
        ),
        # Added later, so that those before them keep their places, also those of loads.
        "not_reached": Figure(_account(lambda a: a.not_reached)),
        "expired": Figure(_account(lambda a: a.expired)),
        "missing": Figure(_account(lambda a: a.missing)),
        "refused": Figure(_account(lambda a: a.refused)),
        **{name: figure for part in PARTS for name, figure in part.figures().items()},
    }


def _head(result: StreamResult) -> list[str]:
    problem = result.problem
    more = (
        (problem.topics, "topic"),
        (problem.workers, "worker"),
        (problem.producers, "producer"),
    )
    return [
        _broker_words(result.broker),
        counted(problem.partitions, "partition"),
        *(counted(number, word) for number, word in more if number > 1),
        f"{problem.record_bytes}-byte JSON records, decoded",
        cpus(result.machine),
        python(result.machine),
        f"order seed {result.seed}",
    ]


def _drain_table(result: StreamResult) -> Table | None:
    """One row a variant, in ladder order, then the limit; None if nothing was drained."""
    if not result.is_drained:
        return None
    is_scaled = any(v.drain is not None and v.drain.scale is not None for v in result.variants)
    sheet = Sheet(figures(result), [name for name in DRAIN if name != "speedup" or is_scaled])
    rows = [
        sheet.row(v, remark(v), STYLES[v.status]) for v in result.variants if v.left_out is None
    ]
    limit = result.limit
    rate = _rate_cell(limit.records_per_second if limit else None)
    why = f"failed: {limit.reason}" if limit is not None and limit.reason is not None else None
    limit_row = sheet.row_of({"name": "limit", "median_records_per_second": rate}, why)
    return sheet.table([*rows, limit_row])


def _doubts(result: StreamResult) -> list[str]:
    """What makes the figures doubtful: bad answers, then intervals, then the warnings."""
    found = [
        f"{variant.name} {_VERDICTS[variant.status]}: {variant.reason}"
        for variant in result.variants
        if variant.status is not Status.OK and remark(variant) is None
    ]
    short = result.short_of_confidence
    if short:
        names = ", ".join(variant.name for variant in short)
        found.append(
            f"± holds for {names} with less than {percent(result.confidence)} confidence: "
            "there were too few runs"
        )
    return [*found, *result.warnings]


def _remarks(result: StreamResult) -> list[str]:
    """Worth knowing, but no reason for doubt: commits, replays, the other ceilings."""
    lines = [] if result.base is None else [f"of aiokafka: of the rate of {result.base}"]
    lines += not_installed(result.variants)
    lines += _commit_lines(result.variants)
    # What a rebalance cost stands in a table of its own.
    twice = [
        variant.name
        for variant in result.variants
        if variant.account is not None and variant.account.duplicated and not variant.rebalance
    ]
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
                f"{variant.name} ended with {counted(again, 'record')} seen and not committed: "
                "the next worker of its group would see that again"
            )
    lines += [line for part in PARTS for line in part.remarks(result)]
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


def _closing(result: StreamResult) -> str:
    """How long it took."""
    drains = [len(v.drain.records_per_second.samples) for v in result.variants if v.drain]
    calms = [group.calm_pause_seconds for v in result.variants for group in v.rebalance]
    drains = drains or [len(calm.samples) for calm in calms if calm is not None]
    if not drains:
        return f"{result.elapsed_seconds:.0f} s"
    fewest, most = min(drains), max(drains)
    runs = counted(most, "run") if fewest == most else f"{fewest} to {most} runs"
    return f"{result.elapsed_seconds:.0f} s, {runs} a variant"


def _broker_words(broker: BrokerFacts | None) -> str:
    if broker is None:
        return "no broker was started"
    nodes = counted(broker.nodes, "node")
    if broker.start_seconds is None:
        return f"Kafka {broker.version} or newer, {broker.mode}, {nodes}, at {broker.bootstrap}"
    started = f"started here in {broker.start_seconds:.0f} s"
    return f"Kafka {broker.version}, {broker.mode}, {nodes}, {started}"


def _commit_lines(variants: Sequence[VariantResult]) -> list[str]:
    """ "commits: ..." with the variants grouped that commit in the same way."""
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


def _speedup_cell(variant: VariantResult) -> str:
    scale = variant.drain.scale if variant.drain else None
    if scale is None:
        return UNKNOWN
    half_width = (scale.speedup_high - scale.speedup_low) / 2 / scale.speedup
    return f"{factor(scale.speedup)} {plus_minus(half_width)}"


def _drain(value: Callable[[Drain], Value]) -> Callable[[VariantResult], Value]:
    return lambda variant: None if variant.drain is None else value(variant.drain)


def _account(value: Callable[[Account], Value]) -> Callable[[VariantResult], Value]:
    return lambda variant: None if variant.account is None else value(variant.account)
