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
class VariantResult:
    """One row: a variant that was measured, or why it was not.

    ``reason`` is None only for ``OK``. ``settings``, ``versions``, ``loop`` and
    ``compiled`` (extension module to whether it was in use) are what its process
    really ran with. ``settings`` are shown as text. ``left_out``: what installs a variant that is
    not installed and that nobody named, so that tables leave it out; absent from older files.
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

    def __post_init__(self) -> None:
        if self.status is not Status.OK and not self.reason:
            raise ValueError(f"{self.name} is {self.status.value} without a reason")
        if self.left_out is not None and self.status is not Status.UNAVAILABLE:
            raise ValueError(f"{self.name} is {self.status.value} and left out")
        if self.status is Status.OK and self.account is None:
            raise ValueError(f"{self.name} is ok without an account")


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
    def short_of_confidence(self) -> tuple[VariantResult, ...]:
        """The variants whose interval does not reach the requested confidence."""
        return tuple(
            variant
            for variant in self.variants
            if variant.drain is not None
            and variant.drain.records_per_second.confidence < self.confidence
        )


FORM = Form(StreamResult, SCHEMA)
to_json, from_json, load = FORM.to_json, FORM.from_json, FORM.load
