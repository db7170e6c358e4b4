"""The independent reader: what a topic really holds, whatever any consumer says.

A plain client, assigned to every partition from its first to its last record, in no
group, so that it neither waits for anybody nor disturbs anybody.  If the cluster removes
records meanwhile, it continues with the first that is left.  It reads to the end, or it
fails: half a witness is none.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)

from hotloop.base.errors import MeasurementError
from stream.account.ledger import UNREADABLE, Log, keys
from stream.account.record import BadRecord, decode
from stream.consume.seen import parse_ids
from stream.load.generator import ID

RECORDS_PER_CALL = 1_000
# With its defaults the client stops fetching at 100,000 waiting records and looks for room
# only once a second, which makes a million records take 9 s instead of 3.
DEEP_QUEUES = {
    "queued.min.messages": 1_000_000,
    "queued.max.messages.kbytes": 1_048_576,
    "fetch.queue.backoff.ms": 5,
}
POLL_S = 0.5
SILENCE_S = 30.0
_VALUE_FOLLOWS = b'", "value": '
_AFTER_ID = slice(ID.stop, ID.stop + len(_VALUE_FOLLOWS))


def read(settings: Mapping[str, object], topic: str, ends: Mapping[int, int]) -> Log:
    """Every record of ``topic`` below ``ends`` that is still there, each partition in order.

    ``settings`` are client properties (bootstrap.servers, security), ``ends`` maps a
    partition to an offset.  Raises
    MeasurementError if the topic cannot be read to its end.
    """
    wanted = {partition: end for partition, end in ends.items() if end > 0}
    troubles: list[KafkaError] = []
    consumer = Consumer(
        {
            **settings,
            # The client requires a group; nothing is committed to it.
            "group.id": settings.get("client.id", "hotloop-reader"),
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            # The last offsets may not be records, and a partition may be empty by now.
            "enable.partition.eof": True,
            "error_cb": troubles.append,
            **DEEP_QUEUES,
        }
    )
    try:
        consumer.assign(
            [TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in wanted]
        )
        return _read(consumer, topic, wanted, troubles)
    except KafkaException as error:
        raise MeasurementError(f"cannot read {topic} for its account: {error}") from error
    finally:
        consumer.close()


def _read(
    consumer: Any, topic: str, ends: Mapping[int, int], troubles: Sequence[KafkaError]
) -> Log:
    texts: list[str | None] = []
    partitions: list[int] = []
    offsets: list[int] = []
    open_partitions = set(ends)
    deadline = time.monotonic() + SILENCE_S
    while open_partitions:
        messages = consumer.consume(RECORDS_PER_CALL, POLL_S)
        if messages:
            deadline = time.monotonic() + SILENCE_S
        elif time.monotonic() > deadline:
            raise MeasurementError(
                f"{topic} gave no record for {SILENCE_S:g} s; "
                f"partitions {sorted(open_partitions)} are not read to their ends"
                f"{_last(troubles)}"
            )
        for message in messages:
            partition, offset = message.partition(), message.offset()
            if error := message.error():
                if error.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(error)
                if offset >= ends[partition]:
                    open_partitions.discard(partition)
                continue
            if offset >= ends[partition] - 1:
                open_partitions.discard(partition)
                if offset >= ends[partition]:
                    continue
            texts.append(_id_text(message.value()))
            partitions.append(partition)
            offsets.append(offset)
    producers, sequences, _, good = parse_ids(texts)
    found = np.full(len(texts), UNREADABLE, np.int64)
    found[good] = keys(producers, sequences)
    return Log(found, np.array(partitions, np.int64), np.array(offsets, np.int64))


def _last(troubles: Sequence[KafkaError]) -> str:
    """The last of what went wrong, in brackets; that all brokers are down only follows from it."""
    causes = [one.str() for one in troubles if one.code() != KafkaError._ALL_BROKERS_DOWN]
    return f" ({causes[-1]})" if causes else ""


def _id_text(value: bytes | None) -> str | None:
    """The id in a record's value; None if no consumer could decode the value."""
    # The form that the generator writes: a tenth of the cost of decoding it.
    if value is not None and value[_AFTER_ID] == _VALUE_FOLLOWS and value[-1:] == b"}":
        return value[ID].decode("ascii", "replace")
    try:
        return decode(value).id_string
    except BadRecord:
        return None
