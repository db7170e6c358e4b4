"""What the two confluent-kafka variants share: one consumer and its graceful end."""

from collections.abc import Callable, Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, libversion

from stream.cluster.security import Security
from stream.consume.job import NO_LOOP, GroupProtocol, Job, Resolved
from stream.consume.sink import Sink
from stream.variants.provenance import compiled, versions

MS_PER_S = 1000
PROTOCOLS: Mapping[GroupProtocol | None, Mapping[str, object]] = {
    None: {},
    GroupProtocol.EAGER: {"partition.assignment.strategy": "range,roundrobin"},
    GroupProtocol.COOPERATIVE: {"partition.assignment.strategy": "cooperative-sticky"},
    GroupProtocol.CONSUMER: {"group.protocol": "consumer"},
}


def session(job: Job) -> dict[str, object]:
    """Return the session settings of a librdkafka consumer, empty for its defaults.

    In the newest protocol the time-out is the broker's, and a client that sets one is refused.
    """
    if job.session_timeout_s is None or job.protocol is GroupProtocol.CONSUMER:
        return {}
    return {"session.timeout.ms": int(job.session_timeout_s * MS_PER_S)}


def settings(job: Job) -> dict[str, object]:
    """What differs from the client's defaults in both variants."""
    return {
        "bootstrap.servers": job.bootstrap,
        "group.id": job.group,
        "client.id": job.group,
        # A fresh group has no offset to continue from.
        "auto.offset.reset": "earliest",
        **PROTOCOLS[job.protocol],
        **session(job),
    }


def check(error: KafkaError) -> None:
    """Raise errors that the client cannot recover from; it retries all others."""
    if error.fatal() or not error.retriable():
        raise KafkaException(error)


def consume(
    job: Job,
    sink: Sink,
    tuning: Mapping[str, object],
    read: Callable[[Consumer, Sink], None],
) -> Resolved:
    """Run ``read`` on a subscribed consumer; closing it commits what was delivered."""
    chosen = settings(job) | dict(tuning)
    consumer = Consumer(chosen | Security(job.login).librdkafka())

    consumer.subscribe([job.topic])
    try:
        read(consumer, sink)
    finally:
        consumer.close()
    return Resolved(
        settings=chosen,
        versions=versions("confluent-kafka") | {"librdkafka": libversion()[0]},
        loop=NO_LOOP,
        compiled=compiled("confluent_kafka.cimpl"),
    )
