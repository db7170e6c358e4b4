"""Topics to drain and workers to drain them, for the tests on a real broker."""

import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

from confluent_kafka import Producer

from stream.account.record import encode
from stream.cluster import admin
from stream.consume.job import Job, Stamp

DEADLINE_S = 60.0
# More than a fetch brings at once, so that there is a rate.
RECORDS = 20_000
# librdkafka's own limit for a message is 1,000,000 bytes, its framing included.
LARGEST_BYTES = 2_000_000


def good(sequences: Iterable[int]) -> list[bytes | None]:
    """Records of producer 1."""
    return [encode(1, sequence, 0, sequence % 5 + 0.25) for sequence in sequences]


def fill(bootstrap: str, values: list[bytes | None], partitions: int) -> str:
    """Return a new topic that holds ``values``, over its partitions in turn."""
    topic = f"topic-{uuid.uuid4().hex}"
    admin.create_topic(bootstrap, topic, partitions)
    send({"bootstrap.servers": bootstrap}, topic, values, partitions)
    return topic


def send(
    settings: Mapping[str, object],
    topic: str,
    values: Iterable[bytes | None],
    partitions: int = 1,
) -> None:
    """Send ``values`` to the topic's partitions in turn; all of them arrive."""
    producer = Producer({**settings, "message.max.bytes": LARGEST_BYTES})
    for index, value in enumerate(values):
        producer.produce(topic, value, partition=index % partitions)
        producer.poll(0)
    assert producer.flush(DEADLINE_S) == 0


def job(
    bootstrap: str,
    variant: str,
    topic: str,
    folder: Path,
    *,
    target: int | None,
    group: str | None = None,
    deadline_s: float = DEADLINE_S,
) -> Job:
    """Return a job with a folder of its own below ``folder``, in a group of its own by default."""
    own = folder / uuid.uuid4().hex
    own.mkdir()
    return Job(
        variant=variant,
        bootstrap=bootstrap,
        topic=topic,
        group=group or f"group-{uuid.uuid4().hex}",
        partitions=1,
        target_records=target,
        deadline_s=deadline_s,
        stamp=Stamp.FIRST_AND_LAST,
        seen_path=str(own / "seen.npz"),
        login={},
        data_dir=str(own),
        session_timeout_s=None,
    )
