"""Records that nobody can read, and how they get into a topic."""

from collections.abc import Mapping

from confluent_kafka import KafkaError, KafkaException, Producer

from hotloop.base.errors import MeasurementError

ONE_MB = 1_000_000
# librdkafka's own limit for a message is 1,000,000 bytes, its framing included.
LARGEST_BYTES = 2 * ONE_MB
SENT_WITHIN_S = 30.0

VALUES: tuple[bytes | None, ...] = (
    b"{",
    b'{"value": 1.0}',
    b"",
    None,
    b"[1.0]",
    b'{"id_string": "producer 1", "value": 1.0}',
    b"x" * ONE_MB,
    b'{"id_string": "' + b"x" * ONE_MB + b'", "value": 1.0}',
)
"""Bad JSON, a missing field, empty, a tombstone, no object, a foreign id, and twice 1 MB."""


def send(settings: Mapping[str, object], topic: str, partitions: int) -> None:
    """Send all of ``VALUES`` to each partition; returns when every one is acknowledged.

    ``settings`` are client properties. Raises MeasurementError if one was not.
    """
    producer = Producer(
        {**settings, "message.max.bytes": LARGEST_BYTES, "acks": "all", "log_level": 2}
    )
    refused: list[str] = []

    def delivered(error: object, _: object) -> None:
        if error is not None:
            refused.append(error.str() if isinstance(error, KafkaError) else str(error))

    try:
        for partition in range(partitions):
            for value in VALUES:
                producer.produce(topic, value, partition=partition, on_delivery=delivered)
        left = producer.flush(SENT_WITHIN_S)
    except KafkaException as error:
        raise MeasurementError(f"cannot send poison to {topic}: {error}") from error
    if left or refused:
        reasons = "; ".join(sorted(set(refused))) or f"not within {SENT_WITHIN_S:g} s"
        raise MeasurementError(f"poison did not get into {topic}: {reasons}")
