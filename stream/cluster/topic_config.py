"""The settings that a new topic should have, and those that it got from the cluster.

A cluster's own settings may remove records before they are read (retention), replace one by
another (compaction), compress them in a way that not every client can undo, or refuse batches that
are too large. So a topic comes with settings of its
own, as many as the cluster allows, and afterwards we ask which ones it got.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hotloop.base.errors import MeasurementError
from stream.cluster import admin
from stream.cluster.security import Security

FOR_EVER = "-1"
ANY_AGE_MS = str(2**63 - 1)

KEPT = {"retention.ms": FOR_EVER, "retention.bytes": FOR_EVER, "cleanup.policy": "delete"}
# Kafka 3.6 and newer: records are accepted whatever the clocks of client and broker say.
ANY_CLOCK = {
    "message.timestamp.before.max.ms": ANY_AGE_MS,
    "message.timestamp.after.max.ms": ANY_AGE_MS,
}
COMPRESSION = "compression.type"
# As the producer sent them: not compressed.
AS_SENT = {COMPRESSION: "producer"}
NOT_COMPRESSED = ("producer", "uncompressed")
LARGEST_BATCH = "max.message.bytes"
LEAST_COPIES = "min.insync.replicas"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a topic; None if the cluster does not say.

    ``batch_bytes``: the largest batch that it accepts. ``taken_away``: why the cluster may delete
    records that nobody has read yet, or None. ``compressed``: how it compresses what it is sent,
    or None.
    """

    batch_bytes: int | None = None
    taken_away: str | None = None
    compressed: str | None = None


def create(
    bootstrap: str,
    name: str,
    partitions: int,
    replication: int,
    security: Security,
    client: str,
) -> Facts:
    """Create a topic that keeps its records, as far as the cluster allows.

    Raises MeasurementError if there can be none, or if none of its records could ever be
    confirmed.
    """
    single = {LEAST_COPIES: "1"} if replication == 1 else {}

    kept = admin.new_client(bootstrap, security, client)

    def attempt(config: Mapping[str, str]) -> None:
        admin.create_topic(
            bootstrap, name, partitions, replication, security, client, kept, config=config
        )

    wanted = {**KEPT, **AS_SENT, **single}
    refusal = _first_taken(attempt, ({**wanted, **ANY_CLOCK}, wanted))
    found = admin.topic_config(bootstrap, name, security, client, kept)
    least = _number(found, LEAST_COPIES)
    if least is not None and least > replication:
        raise MeasurementError(
            f"topics at {bootstrap} need {least} copies in step ({LEAST_COPIES}), and have "
            f"{replication} here: nothing that is sent would be confirmed; use a cluster of more "
            "brokers, or lower that setting"
        )
    compression = found.get(COMPRESSION)
    return Facts(
        _number(found, LARGEST_BATCH),
        _taken_away(found, refusal),
        None if compression in NOT_COMPRESSED else compression,
    )


def _first_taken(
    attempt: Callable[[Mapping[str, str]], None], choices: tuple[Mapping[str, str], ...]
) -> str | None:
    """Try each of ``choices`` and then no settings; why the last of them was refused, or None."""
    refusal = None
    for config in choices:
        try:
            attempt(config)
        except admin.ConfigRefused as error:
            refusal = error.reason
        else:
            return None
    attempt({})
    return refusal


def _taken_away(found: Mapping[str, str], refusal: str | None) -> str | None:
    differing = [
        f"{setting} is {found[setting]}"
        for setting, wanted in KEPT.items()
        if found.get(setting, wanted) != wanted
    ]
    if refusal is None:
        return ", ".join(differing) or None
    told = f" ({', '.join(differing)})" if differing else ""
    return f"the cluster refused a topic that keeps its records{told}: {refusal}"


def _number(found: Mapping[str, str], setting: str) -> int | None:
    text = found.get(setting, "")
    return int(text) if text.isdecimal() else None
