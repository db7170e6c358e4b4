"""The seam between the order of a measurement and what is done in it.

A ``Lab`` drains, loads and fetches on request; ``hotloop.streams.run`` decides what
is requested, and when. ``ClusterLab`` does it on a real cluster; the tests have one
that answers from a script.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hotloop.base.errors import MeasurementError
from stream.cluster.place import Place
from stream.cluster.topic_config import COMPRESSION
from stream.consume.job import GroupProtocol
from stream.faults import rebalance
from stream.faults.rebalance import Rebalanced
from stream.kafka.running import Broker
from stream.measure import drain, limit, sustain
from stream.measure.drain import Drained, Filled, Shape
from stream.measure.limit import FetchJob
from stream.measure.meter import Meter
from stream.measure.sustain import LatencyAt, Load, Sustained

MILLION = 1e6
LOGIN_REASON = "it is given no login"


@dataclass(frozen=True, slots=True)
class Fill:
    """What filling the topics took: the generators' rate and CPU time.

    ``doubts``: what makes it doubtful, one sentence each.
    """

    records: int
    records_per_s: float
    cpu_s_per_million: float
    doubts: tuple[str, ...] = ()


class Lab(Protocol):
    """What can be asked for. Every method may raise MeasurementError."""

    def fill(self, records: int) -> Fill:
        """Fill fresh topics with this many records in all; before any drain."""
        ...

    def drain(self, variant: str, workers: int, stretch_s: float | None) -> Drained: ...

    def raw_fetch(self, stretch_s: float | None) -> float:
        """Records a second of a fetch without decoding."""
        ...

    def perf_test(self) -> float:
        """Records a second of kafka-consumer-perf-test."""
        ...

    def search(self, variant: str, first_per_s: float, say: Callable[[str], None]) -> Sustained: ...

    def latency_at(self, variant: str, offered_per_s: float) -> LatencyAt: ...

    def rebalance(
        self, variant: str, protocol: GroupProtocol, say: Callable[[str], None]
    ) -> Rebalanced: ...

    def check(self) -> None:
        """Raise if nothing can be measured any more: the broker has ended, or lets nobody in."""
        ...


@dataclass(slots=True)
class ClusterLab:
    """A Lab on a real cluster; ``broker`` is None if it is not our own."""

    place: Place
    shape: Shape
    producers: int
    value_seed: int
    meter: Meter | None
    broker: Broker | None
    say: Callable[[str], None]
    filled: Filled | None = None

    def fill(self, records: int) -> Fill:
        self.filled = filled = drain.fill(
            self.place, self.shape, records, self.producers, self.value_seed
        )
        sent = sum(report.acknowledged for report in filled.reports)
        cpu_s = sum(report.cpu_s for report in filled.reports)
        doubts = _doubts(filled, self.place)
        return Fill(sent, filled.fill_per_s, cpu_s / sent * MILLION, doubts)

    def drain(self, variant: str, workers: int, stretch_s: float | None) -> Drained:
        shape = Shape(self.shape.topics, self.shape.partitions, workers)
        return drain.drain(self.place, self._filled(), variant, shape, stretch_s, self.meter)

    def raw_fetch(self, stretch_s: float | None) -> float:
        filled = self._filled()
        job = FetchJob(
            bootstrap=self.place.bootstrap,
            login=self.place.login,
            topic=filled.names[0],
            group=self.place.name,
            partitions=filled.partitions,
            records=filled.records,
            stretch_s=stretch_s,
        )
        return limit.fetch(job).records_per_s

    def perf_test(self) -> float:
        if self.place.login:
            raise MeasurementError(LOGIN_REASON)
        filled = self._filled()
        return limit.perf_test(
            self.place.bootstrap,
            filled.names[0],
            self.place.new_group(),
            filled.records,
            self.say,
        )

    def search(self, variant: str, first_per_s: float, say: Callable[[str], None]) -> Sustained:
        return sustain.search(self.place, variant, self._load(), first_per_s, say)

    def latency_at(self, variant: str, offered_per_s: float) -> LatencyAt:
        return sustain.latency_at(self.place, variant, self._load(), offered_per_s)

    def rebalance(
        self, variant: str, protocol: GroupProtocol, say: Callable[[str], None]
    ) -> Rebalanced:
        return rebalance.run(self.place, variant, protocol, self.producers, self.value_seed, say)

    def check(self) -> None:
        if self.broker is not None:
            self.broker.check()
        else:
            self.place.check()

    def _filled(self) -> Filled:
        if self.filled is None:
            raise MeasurementError("nothing was filled that could be read")
        return self.filled

    def _load(self) -> Load:
        return Load(self.shape, self.producers, self.value_seed)


def _doubts(filled: Filled, place: Place) -> tuple[str, ...]:
    taken_away, compressed = place.taken_away(filled.names), place.compressed(filled.names)
    found = []
    if any(report.throttled_s for report in filled.reports):
        found.append(
            "the broker throttled the load generator (a quota), and may do the same to consumers: "
            "lift its quotas to see what the clients can do"
        )
    if filled.is_fetch_throttled:
        found.append(
            "the broker throttles who fetches (a quota), so that the rates of the clients and of "
            "the limit say more about the quota: lift it to see what the clients can do"
        )
    if compressed is not None:
        found.append(
            f"the cluster compresses what the topic is sent ({COMPRESSION} is {compressed}), which "
            "every client has to undo, if it can: let topics have a setting of their own"
        )
    if taken_away is not None:
        found.append(f"the cluster may take records away before they are read: {taken_away}")
    return tuple(found)
