"""A suite that several machines share: which part is whose, and their results as one.

    suite, sorted by name   order.a  order.b  order.c  |  parse.a  sort.a  sort.b  |  sort.c ...
    --shard                 1/3                        |  2/3                      |  3/3

A shard is a stretch of the sorted names, so that a module, with its set-ups, mostly stays
together. Each shard judges as if it had the whole suite (its false alarms are a share of the
same bound), so that its verdicts stand in the result of all of them together.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.units import count, first_few
from hotloop.gate.model import Benchmark, Shard, Stop
from hotloop.gate.preparation import Prepared
from hotloop.gate.result import GateResult, Part, conclude
from hotloop.gate.summary import lasting_warnings, measured_noise, with_doubts

# Of the checksum of all names: enough to tell two suites apart.
CHECKSUM_DIGITS = 16
# Beyond these, missing shards are only counted.
MOST_NAMED = 20


def part_of(prepared: Prepared, shard: Shard | None) -> Prepared:
    """With this shard's part of the suite; what is gone, every machine sees, and the first says.

    Raises UsageError as ``select`` does.
    """
    if shard is None:
        return prepared
    suite = prepared.suite
    mine = select(suite.benchmarks, shard)
    gone = suite.gone if shard.number == 1 else ()
    return replace(prepared, suite=replace(suite, benchmarks=mine, gone=gone))


def select(benchmarks: Sequence[Benchmark], shard: Shard) -> tuple[Benchmark, ...]:
    """Those of this shard. Raises UsageError if there are fewer benchmarks than shards."""
    if len(benchmarks) < shard.of:
        there = "there is only 1 benchmark; leave out --shard"
        if len(benchmarks) > 1:
            number = count(len(benchmarks))
            there = (
                f"there are only {number} benchmarks; share them among {number} machines at most"
            )
        raise UsageError(f"--shard {shard.text}: {there}")
    order = sorted(benchmarks, key=lambda b: (b.name, b.combination or 0, b.params))
    first, last = (len(order) * number // shard.of for number in (shard.number - 1, shard.number))
    return tuple(order[first:last])


def checksum(benchmarks: Sequence[Benchmark]) -> str:
    """The same for suites with the same benchmarks, whatever their order."""
    labels = "\n".join(sorted(benchmark.label for benchmark in benchmarks))
    return hashlib.sha256(labels.encode("utf-8", "surrogatepass")).hexdigest()[:CHECKSUM_DIGITS]


def together(named: Sequence[tuple[str, GateResult]]) -> GateResult:
    """Results with the names of their files, as one: one of a whole suite, or all shards of it.

    Raises UsageError if they do not belong together, or if one is missing or there twice, and
    MeasurementError if a file was changed so that they contradict each other.
    """
    if len(named) == 1 and named[0][1].shard is None:
        return named[0][1]
    parts = [_part(name, result) for name, result in named]
    (first_name, first), (_, first_part) = named[0], parts[0]
    for name, result in named[1:]:
        for what, value in _SHARED.items():
            if value(result) != value(first):
                raise UsageError(
                    f"{name} and {first_name} are no shards of one comparison: another {what}"
                )
    present = Counter(part.shard.number for _, part in parts)
    twice = next((number for number, times in present.items() if times > 1), None)
    if twice is not None:
        files = " and ".join(name for name, part in parts if part.shard.number == twice)
        raise UsageError(f"shard {twice} of {first_part.shard.of} was given twice: {files}")
    missing = [n for n in range(1, first_part.shard.of + 1) if n not in present]
    if missing:
        raise UsageError(
            f"{_are_missing(missing)} of {first_part.shard.of}: give the files of all shards"
        )
    ordered = sorted((result for _, result in named), key=lambda each: each.parts[0].shard.number)
    try:
        return _joined(ordered)
    except ValueError as error:
        raise MeasurementError(f"the shards make no sound result: {error}") from error


def _part(name: str, result: GateResult) -> tuple[str, Part]:
    if len(result.parts) != 1:
        held = "all shards" if result.parts else "a whole suite"
        raise UsageError(f"{name} is no shard: it holds {held}; give it to --from alone")
    return name, result.parts[0]


_SHARED: dict[str, Callable[[GateResult], object]] = {
    "base": lambda each: each.base.commit,
    "head": lambda each: each.head.commit,
    "environment": lambda each: (each.base.environment, each.head.environment),
    "number of shards": lambda each: each.parts[0].shard.of,
    "suite, or --bench": lambda each: (each.parts[0].suite, each.tested),
    "--false-alarms or --false-discoveries": lambda each: (each.false_alarms, each.control),
    "--floor": lambda each: (each.floor, each.margin),
    "--quick or --thorough": lambda each: each.effort,
    "--affected": lambda each: each.tracing_seconds is None,
    "--budget": lambda each: each.budget_seconds,
}


def _are_missing(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"shard {numbers[0]} is missing"
    return f"shards {first_few(list(map(str, numbers)), MOST_NAMED)} are missing"


def _joined(results: Sequence[GateResult]) -> GateResult:
    """They ran side by side, so the longest times count."""
    rows = tuple(row for result in results for row in result.benchmarks)
    stops = {result.stopped_by for result in results}
    joined = replace(
        results[0],
        benchmarks=rows,
        verdict=conclude(rows),
        stopped_by=next(s for s in (Stop.INTERRUPTED, Stop.BUDGET, *Stop) if s in stops),
        noise=measured_noise(rows),
        elapsed_seconds=max(result.elapsed_seconds for result in results),
        building_seconds=max(result.building_seconds for result in results),
        measuring_seconds=max(result.measuring_seconds for result in results),
        tracing_seconds=_longest(result.tracing_seconds for result in results),
        explaining_seconds=_longest(result.explaining_seconds for result in results),
        warnings=_said(results, lasting_warnings),
        unproved=_said(results, lambda result: result.unproved),
        parts=tuple(result.parts[0] for result in results),
        # Each has its own.
        lanes=None,
        lanes_why=None,
    )
    return with_doubts(joined)


def _longest(seconds: Iterable[float | None]) -> float | None:
    """Of those who did it; None: nobody did."""
    return max((each for each in seconds if each is not None), default=None)


def _said(
    results: Sequence[GateResult], of: Callable[[GateResult], tuple[str, ...]]
) -> tuple[str, ...]:
    """What all say, once; what only some say, with the number of the first that does."""
    who: dict[str, list[int]] = {}
    for result in results:
        for said in of(result):
            who.setdefault(said, []).append(result.parts[0].shard.number)
    return tuple(
        said if len(numbers) == len(results) else f"shard {numbers[0]}: {said}"
        for said, numbers in who.items()
    )
