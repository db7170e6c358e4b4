"""The result of ``hotloop stream``, as stored: schema ``hotloop.stream/1``.

The classes mirror the JSON key by key, in base units and full precision; what is
not known is None there and null here, never 0. ``docs/stream.md`` describes every
key. Tables, exports and the exit code are functions of these values alone.

Schema history: 1, the first.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.base.storage import Form
from stream.account.figures import Account
from stream.measure.figures import Latency

SCHEMA = "hotloop.stream/1"


@dataclass(frozen=True, slots=True)
class BrokerFacts:
    """Which Kafka it was; ``start_seconds`` is None for a user's own cluster.

    ``version`` is then the lowest that it can be.
    """

    version: str
    mode: str
    nodes: int
    bootstrap: str
    start_seconds: float | None


@dataclass(frozen=True, slots=True)
class ProblemFacts:
    """What was read: records in all, partitions and workers of each topic.

    ``record_bytes``: of one record's value, the median.
    """

    records: int
    partitions: int
    record_bytes: int
    topics: int
    workers: int
    producers: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Records a second. ``low`` and ``high`` contain the true median with ``confidence``.

    ``samples``: one a process, in order of time. ``confidence`` is what was
    reached: 0 if the bounds say nothing (one sample).
    """

    median: float
    low: float
    high: float
    confidence: float
    samples: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.median <= self.high < math.inf:
            raise ValueError(f"a rate of {self.median} between {self.low} and {self.high}")
        if not self.samples:
            raise ValueError("a rate without samples")

    @property
    def relative_half_width(self) -> float:
        """Half the interval over the median."""
        return (self.high - self.low) / 2 / self.median


@dataclass(frozen=True, slots=True)
class Scale:
    """What the workers beyond the first gained.

    ``one_worker``: the same drain with a single worker in each group.
    ``speedup`` over it, between its bounds.
    """

    workers: int
    one_worker: Rate
    speedup: float
    speedup_low: float
    speedup_high: float


@dataclass(frozen=True, slots=True)
class Drain:
    """How fast a filled topic was read; medians over the runs.

    ``records``: in all stretches together. ``join_seconds``: from the start of a
    process to its first record. ``of_limit``: of the raw fetch beside it.
    ``of_aiokafka``: of ``StreamResult.base``. ``scale`` is None with one worker.
    """

    records_per_second: Rate
    records: int
    join_seconds: float
    cpu_seconds_per_million: float | None
    broker_cpu_seconds_per_million: float | None
    of_limit: float | None
    of_aiokafka: float | None
    scale: Scale | None


@dataclass(frozen=True, slots=True)
class ProbeFacts:
    """One probe of the search, in records a second; ``limited_by`` "nothing": sustained."""

    offered_per_second: float
    sent_per_second: float
    handled_per_second: float
    lag_growth_per_second: float
    limited_by: str


@dataclass(frozen=True, slots=True)
class Sustain:
    """The highest rate that was sustained, the lowest that was not, and what ended the search.

    Either is None if there was none. ``limited_by``: "consumer", "generator"
    (the consumer could take more) or "probes" (their number ran out).
    """

    records_per_second: float | None
    failed_records_per_second: float | None
    limited_by: str
    probes: tuple[ProbeFacts, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """Any figure of several runs, 0 or more; otherwise as a ``Rate``."""

    median: float
    low: float
    high: float
    confidence: float
    samples: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.median <= self.high < math.inf or not self.samples:
            raise ValueError(f"{self.median} between {self.low} and {self.high}")


@dataclass(frozen=True, slots=True)
class Handover:
    """What one event cost a group: "leave", "join" or "kill".

    ``pause_seconds``: the longest time in which a partition gave no new record.
    ``kept_pause_seconds``: of those partitions that did not change hands; None if all did.
    ``back_seconds``: from the event until every partition flowed again. ``repeated_records``:
    sightings of records that had been seen.
    """

    event: str
    pause_seconds: Spread
    kept_pause_seconds: Spread | None
    back_seconds: Spread
    repeated_records: Spread


@dataclass(frozen=True, slots=True)
class Rebalance:
    """What happened to groups with one protocol: "eager", "cooperative" or "consumer".

    ``session_timeout_seconds``: after which a killed member counts as dead; None: as the user's
    cluster has it. ``calm_pause_seconds``: the longest pause of a partition before anything
    happened. ``account``: of all runs; it is None, and ``events`` empty, if none went well.
    ``reason``: why there are fewer runs than requested, or None.
    """

    protocol: str
    session_timeout_seconds: float | None
    calm_pause_seconds: Spread | None
    events: tuple[Handover, ...]
    account: Account | None
    reason: str | None

    def __post_init__(self) -> None:
        if not self.events and self.reason is None:
            raise ValueError(f"nothing happened with protocol {self.protocol}, without a reason")


@dataclass(frozen=True, slots=True)
class VariantResult:
    """One row: a variant that was measured, or why it was not.

    ``reason`` is None only for ``OK``. ``settings``, ``versions``, ``loop`` and
    ``compiled`` (extension module to whether it was in use) are what its process
    really ran with. ``settings`` are shown as text. ``left_out``: what installs a variant that is
    not installed and that nobody named, so that tables leave it out. ``rebalance``: a group
    protocol each. Older files lack both.
    """

    name: str
    idea: str
    commits: str
    status: Status
    reason: str | None
    settings: Mapping[str, str]
    versions: Mapping[str, str]
    loop: str | None
    compiled: Mapping[str, bool]
    drain: Drain | None
    sustain: Sustain | None
    latency: tuple[Latency, ...]
    account: Account | None
    left_out: str | None = None
    rebalance: tuple[Rebalance, ...] = ()

    def __post_init__(self) -> None:
        if self.status is not Status.OK and not self.reason:
            raise ValueError(f"{self.name} is {self.status.value} without a reason")
        if self.left_out is not None and self.status is not Status.UNAVAILABLE:
            raise ValueError(f"{self.name} is {self.status.value} and left out")
        if self.status is Status.OK and self.account is None:
            raise ValueError(f"{self.name} is ok without an account")

    @property
    def has_figures(self) -> bool:
        """Whether any measure of it gave some."""
        return bool(self.drain or self.sustain or self.latency or self.rebalance)

    @property
    def confidences(self) -> tuple[float, ...]:
        """What the intervals of its drains and of its groups reach."""
        calms = (group.calm_pause_seconds for group in self.rebalance)
        of_drains = () if self.drain is None else (self.drain.records_per_second.confidence,)
        return (*of_drains, *(calm.confidence for calm in calms if calm is not None))


@dataclass(frozen=True, slots=True)
class Limit:
    """How fast records can be fetched here at all.

    ``records_per_second``: the fastest client without decoding, sampled beside
    the variants. ``perf_test_records_per_second``: kafka-consumer-perf-test, once.
    Each is None for the ``reason`` beside it.
    """

    records_per_second: Rate | None
    reason: str | None
    perf_test_records_per_second: float | None
    perf_test_reason: str | None


@dataclass(frozen=True, slots=True)
class Generator:
    """What the load generator reached alone while filling the topic, and its CPU time."""

    records_per_second: float
    cpu_seconds_per_million: float


@dataclass(frozen=True, slots=True)
class StreamResult:
    """One run of the ladder; ``confidence`` is the one requested for the intervals.

    ``broker`` is None if none was needed because nothing could run.
    ``base``: the variant that ``of_aiokafka`` compares with, None if it was not
    measured. ``limit`` and ``generator`` are None if nothing was drained.
    """

    machine: Machine
    broker: BrokerFacts | None
    problem: ProblemFacts
    variants: tuple[VariantResult, ...]
    base: str | None
    limit: Limit | None
    generator: Generator | None
    seed: int
    elapsed_seconds: float
    confidence: float
    warnings: tuple[str, ...]

    def __post_init__(self) -> None:
        names = [variant.name for variant in self.variants]
        if len(set(names)) < len(names):
            raise ValueError(f"a variant is there twice: {', '.join(names)}")

    @property
    def is_drained(self) -> bool:
        """Whether drains were measured, however they ended."""
        return self.limit is not None or any(variant.drain for variant in self.variants)

    @property
    def short_of_confidence(self) -> tuple[VariantResult, ...]:
        """The variants with an interval that does not reach the requested confidence."""
        return tuple(
            variant
            for variant in self.variants
            if any(one < self.confidence for one in variant.confidences)
        )


FORM = Form(StreamResult, SCHEMA)
to_json, from_json, load = FORM.to_json, FORM.from_json, FORM.load
