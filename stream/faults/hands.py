"""What each action does to the real processes of a run."""

import time
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka.admin import AdminClient

from hotloop.base.errors import MeasurementError
from stream.consume import process as consumer
from stream.consume.process import Consumer
from stream.consume.worker import STOP_WITHIN_S
from stream.faults import poison
from stream.faults.execution import Hands
from stream.faults.plans import Act
from stream.kafka.running import Broker
from stream.measure.drain import JOIN_LIMIT_S
from stream.measure.steady import Running

KILLED_WITHIN_S = 10.0
METADATA_S = 15.0
LOOK_S = 0.1


@dataclass(slots=True)
class Reach:
    """The consumers, and the broker if it is our own; ``harmed``: the node that is."""

    running: Running
    broker: Broker | None
    harmed: int | None = None

    def hands(self) -> Hands:
        """A function for every act."""
        return {
            Act.KILL_WORKER: self._kill_worker,
            Act.STOP_WORKER: self._stop_worker,
            Act.START_WORKER: self._start_worker,
            Act.AWAIT_WORKERS: self._await_workers,
            Act.KILL_BROKER: self._kill_broker,
            Act.RESTART_BROKER: lambda: self._own().restart(self._harmed_node()),
            Act.FREEZE_BROKER: self._freeze_broker,
            Act.THAW_BROKER: lambda: self._own().thaw(self._harmed_node()),
            Act.SEND_POISON: lambda: poison.send(
                self.running.place.settings, self.running.topics[0], self.running.shape.partitions
            ),
        }

    @property
    def _last(self) -> Consumer:
        """The one that was started last, of those that run."""
        workers = self.running.workers
        return next((worker for worker in reversed(workers) if worker.runs), workers[-1])

    def _kill_worker(self) -> None:
        worker = self._last
        self.running.kill(worker)
        self._await_end(worker, KILLED_WITHIN_S)

    def _stop_worker(self) -> None:
        worker = self._last
        worker.stop()
        self._await_end(worker, STOP_WITHIN_S)

    def _await_end(self, worker: Consumer, limit_s: float) -> None:
        # Not ``Consumer.wait``: its report is read at the end, with those of the others.
        if not worker.ends_within(limit_s):
            raise MeasurementError(
                f"{self.running.variant} did not end within {limit_s:g} s (see {worker.log})"
            )

    def _start_worker(self) -> None:
        self.running.start_worker()

    def _await_workers(self) -> None:
        running = self.running
        members = [worker for worker in running.workers if worker.runs]

        def alive() -> bool:
            return all(worker.runs for worker in members)

        # A member that was killed counts as one until its session is over, maybe in the place of
        # one that is still starting: what that one has seen tells them apart.
        deadline = time.monotonic() + JOIN_LIMIT_S
        while alive() and not all(map(_has_seen_a_record, members)):
            if time.monotonic() > deadline:
                raise MeasurementError(f"a consumer saw nothing within {JOIN_LIMIT_S:g} s")
            time.sleep(LOOK_S)
        consumer.await_members(
            running.place, running.groups[0], len(members), JOIN_LIMIT_S, members
        )

    def _kill_broker(self) -> None:
        self.harmed = self._leader()
        self._own().kill(self.harmed)

    def _freeze_broker(self) -> None:
        self.harmed = self._leader()
        self._own().freeze(self.harmed)

    def _own(self) -> Broker:
        if self.broker is None:
            raise MeasurementError("only a broker that was started here can be harmed")
        return self.broker

    def _harmed_node(self) -> int:
        if self.harmed is None:
            raise MeasurementError("no broker was harmed that could be brought back")
        return self.harmed

    def _leader(self) -> int:
        """The node that leads the topic's first partition, where a fault shows at once."""
        topic = self.running.topics[0]
        client = AdminClient(self.running.place.settings)
        leader: int = client.list_topics(topic, METADATA_S).topics[topic].partitions[0].leader
        return leader


def _has_seen_a_record(worker: Consumer) -> bool:
    """Whether its journal, which every consumer of a fault run keeps, has a line."""
    path = worker.job.journal_path
    return path is not None and Path(path).exists() and Path(path).stat().st_size > 0
