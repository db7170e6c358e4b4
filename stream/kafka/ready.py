"""Ready means that a produced record came back.

A record with a random value is written, acknowledged by every copy that must, to
a topic of its own, read back, and its offset committed, which shows that the coordinator
of consumer groups works too. The topic and the group are deleted afterwards.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hotloop.base.errors import MeasurementError
from stream.kafka.jars import Say

try:
    from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient, NewTopic
except ImportError as error:
    raise MeasurementError(
        "the broker needs confluent-kafka, which is not installed: pip install hotloop[stream]"
    ) from error

# One attempt; between two attempts the broker's processes are checked.
TRY_S = 0.5
_PAUSE_S = 0.05
_ADMIN_TRY_S = 5.0

# librdkafka prints refused connections to stderr; while waiting they are the normal case.
QUIET = {
    "log_level": 2,
    "reconnect.backoff.ms": 20,
    "reconnect.backoff.max.ms": 100,
    "topic.metadata.refresh.fast.interval.ms": 50,
}


@dataclass(slots=True)
class Wait:
    """One wait with one deadline: every step asks it whether to continue."""

    bootstrap: str
    deadline_s: float
    check: Callable[[], None]
    end_s: float

    def go_on(self, missing: str) -> None:
        """Raise when the deadline has passed or ``check`` sees that waiting is pointless."""
        self.check()
        if time.monotonic() > self.end_s:
            raise MeasurementError(
                f"the broker at {self.bootstrap} was not ready after {self.deadline_s:.0f} s "
                f"({missing}): see its log, or start it when the machine has less to do"
            )


def wait(
    bootstrap: str,
    nodes: int,
    cluster_id: Callable[[], str | None],
    deadline_s: float,
    check: Callable[[], None],
    say: Say,
) -> None:
    """Return once a record came back from ``nodes`` brokers of the cluster ``cluster_id()``.

    ``cluster_id`` returns None as long as the cluster has none. ``check`` is called
    between attempts and raises if further waiting is pointless. Raises
    MeasurementError after ``deadline_s``, with what was still missing.
    """
    waiting = Wait(bootstrap, deadline_s, check, time.monotonic() + deadline_s)
    settings = {"bootstrap.servers": bootstrap, **QUIET}
    probe = f"hotloop-ready-{secrets.token_hex(6)}"
    say(f"waiting until {_brokers(nodes)} at {bootstrap} answer{'s' if nodes == 1 else ''}")
    admin = AdminClient(settings)
    _all_answer(admin, nodes, cluster_id, waiting)
    say("waiting for a produced record to come back")
    _create(settings, probe, nodes, waiting)
    _produce(settings, probe, waiting)
    _consume(settings, probe, waiting)
    # Only tidying: leftovers disturb nobody, so a refusal is ignored.
    for pending in (admin.delete_consumer_groups([probe]), admin.delete_topics([probe])):
        for future in pending.values():
            future.exception(_ADMIN_TRY_S)


def _brokers(nodes: int) -> str:
    return "the broker" if nodes == 1 else f"all {nodes} brokers"


def _all_answer(
    admin: Any, nodes: int, cluster_id: Callable[[], str | None], waiting: Wait
) -> None:
    answering = 0
    while answering < nodes:
        waiting.go_on(f"{answering} of {nodes} brokers answer")
        try:
            found = admin.list_topics(timeout=TRY_S)
        except KafkaException:
            continue
        # Somebody else's Kafka may have taken the port: then ours ends, and check sees it.
        if found.cluster_id == cluster_id():
            answering = len(found.brokers)
        if answering < nodes:
            time.sleep(_PAUSE_S)


def _create(settings: dict[str, object], topic: str, nodes: int, waiting: Wait) -> None:
    missing = "no topic could be created"
    while True:
        waiting.go_on(missing)
        # A client that found no controller while the nodes were electing one once waited in vain
        # for two minutes, so each attempt uses a new client.
        admin = AdminClient(settings)
        request = admin.create_topics(
            [NewTopic(topic, 1, nodes)],
            operation_timeout=_ADMIN_TRY_S,
            request_timeout=_ADMIN_TRY_S,
        )
        error = request[topic].exception()
        if error is None:
            return
        missing = f"no topic could be created: {error.args[0].str()}"
        if "already exists" in missing:
            # An attempt that seemed to fail had in fact worked.
            return
        time.sleep(_PAUSE_S)


def _produce(settings: dict[str, object], topic: str, waiting: Wait) -> None:
    acknowledged: list[bool] = []
    producer = Producer({**settings, "acks": "all"})
    producer.produce(
        topic, topic.encode(), on_delivery=lambda error, _: acknowledged.append(error is None)
    )
    while not acknowledged:
        waiting.go_on("the record was not acknowledged")
        producer.poll(TRY_S)
    if not acknowledged[0]:
        raise MeasurementError(f"the broker at {waiting.bootstrap} refused a first record")


def _consume(settings: dict[str, object], topic: str, waiting: Wait) -> None:
    consumer = Consumer(
        {
            **settings,
            "group.id": topic,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        message = None
        while message is None or message.error() or message.value() != topic.encode():
            waiting.go_on("the record did not come back")
            message = consumer.poll(TRY_S)
        while not _commits(consumer, message):
            waiting.go_on("its offset could not be committed")
    finally:
        consumer.close()


def _commits(consumer: Any, message: Any) -> bool:
    try:
        consumer.commit(message=message, asynchronous=False)
    except KafkaException:
        time.sleep(_PAUSE_S)
        return False
    return True
