"""Topics, offsets and groups of a cluster, and whether it can be used at all.

Every function takes ``bootstrap`` and, for a cluster with a login, ``security``; ``client`` is the
name under which the cluster's logs and quotas know us. Each makes a client of its own, which
connects twice, unless it is given one that is ``kept`` (Contact): ten times the CPU time of what it
asks, ours and the brokers'.
"""

import re
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec, ResourceType

from hotloop.base.errors import MeasurementError
from stream.account.ledger import Extent
from stream.cluster import addresses, handshake
from stream.cluster.security import NO_SECURITY, Security

REQUEST_TIMEOUT_S = 15.0
REACH_TIMEOUT_S = 5.0
_REACH_TRY_S = 0.5
_PAUSE_S = 0.02

# A topic's metadata names a leader a moment before that broker knows it, so ask again.
_LEADER_IS_NEW = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    # A new leader does not know yet how far the old one had come.
    KafkaError.OFFSET_NOT_AVAILABLE,
)

_REFUSED_CONFIG = (
    KafkaError.INVALID_CONFIG,
    KafkaError.POLICY_VIOLATION,
    KafkaError.INVALID_REQUEST,
)

CLIENT = "hotloop"

T = TypeVar("T")
# A client that is kept tries again soon after a broker that was away is back.
_SOON = {"reconnect.backoff.max.ms": 500}

# "HOST:PORT/1: Connect to ..."; a broker of --bootstrap is "HOST:PORT/bootstrap: ...".
_NAMED = re.compile(r"(?:\w+://)?\[?(?P<host>[^\s/]+?)\]?:(?P<port>\d+)/\d+: ")

_FORBIDDEN = (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED)


class ConfigRefused(MeasurementError):
    """The cluster refuses a topic with these settings; ``reason`` is its own."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that answered; ``version`` is the lowest that it can be, such as ``4.1``."""

    bootstrap: str
    brokers: int
    version: str


@dataclass(slots=True)
class Contact:
    """A client that is kept from one question to the next."""

    bootstrap: str
    security: Security
    client: str
    _kept: Any = None

    def ask(self, question: Callable[[Any], T]) -> T:
        """The answer to ``question``, which is given a client and changes nothing.

        If it raises MeasurementError, a new client is asked: the old one may know brokers that
        are no more.
        """
        if self._kept is not None:
            try:
                return question(self._kept)
            except MeasurementError:
                pass
        self._kept = new_client(self.bootstrap, self.security, self.client, **_SOON)
        return question(self._kept)

    def end(self) -> None:
        """Its connections end; the next question makes new ones."""
        self._kept = None


def reach(bootstrap: str, security: Security = NO_SECURITY) -> Cluster:
    """Ask a user's cluster what it is, within a few seconds.

    Raises UsageError for a malformed ``bootstrap`` and MeasurementError if no listed
    broker can be reached, is Kafka, is new enough and accepts our login.
    """
    failures = []
    context = security.ssl_context()
    for address in addresses.parse(bootstrap, security.protocol):
        try:
            keys = handshake.ask(address, context)
        except MeasurementError as error:
            failures.append(error)
            continue
        if handshake.is_too_old(keys):
            raise MeasurementError(
                f"the broker at {address} is older than Kafka 0.11, which has no idempotent "
                "producers: use a newer cluster, or leave --bootstrap out"
            )
        brokers = _brokers(bootstrap, security, context)
        # That one has answered already.
        others = [broker for broker in brokers if broker != address]
        handshake.check_advertised(bootstrap, others, context)
        return Cluster(bootstrap, len(brokers), handshake.oldest_version(keys))
    raise failures[0]


def create_topic(
    bootstrap: str,
    name: str,
    partitions: int,
    replication: int = 1,
    security: Security = NO_SECURITY,
    client: str = CLIENT,
    kept: Any = None,
    *,
    config: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Create a topic with settings of its own; returns when every partition has a leader.

    Raises MeasurementError, also if a topic of that name is there already, and ConfigRefused
    where the cluster does not take the settings.
    """
    admin = _client(kept, bootstrap, security, client)
    request = admin.create_topics(
        [NewTopic(name, partitions, replication, config=dict(config))],
        operation_timeout=REQUEST_TIMEOUT_S,
        request_timeout=REQUEST_TIMEOUT_S,
    )
    error = request[name].exception()
    if error is not None:
        reason = said(error)
        if code(error) in _FORBIDDEN:
            advice = "--prefix chooses how its name begins, if rights go by that"
            reason = f"{reason.rstrip('.')}; {advice}"
        text = f"cannot create topic {name} at {bootstrap}: {reason}"
        if config and code(error) in _REFUSED_CONFIG:
            raise ConfigRefused(text, reason)
        raise MeasurementError(text)
    deadline = time.monotonic() + REQUEST_TIMEOUT_S
    while not _has_leaders(admin, name, partitions):
        if time.monotonic() > deadline:
            raise MeasurementError(f"topic {name} at {bootstrap} got no leader for each partition")
        time.sleep(_PAUSE_S)


def delete_topic(
    bootstrap: str, name: str, security: Security = NO_SECURITY, client: str = CLIENT
) -> None:
    """Delete a topic; MeasurementError if it is not there or may not be deleted."""
    admin = new_client(bootstrap, security, client)
    request = admin.delete_topics(
        [name], operation_timeout=REQUEST_TIMEOUT_S, request_timeout=REQUEST_TIMEOUT_S
    )
    error = request[name].exception()
    if error is not None:
        raise MeasurementError(f"cannot delete topic {name} at {bootstrap}: {said(error)}")


def end_offsets(
    bootstrap: str,
    topic: str,
    security: Security = NO_SECURITY,
    client: str = CLIENT,
    kept: Any = None,
) -> dict[int, int]:
    """The offset that the next record of each partition will get."""
    admin = _client(kept, bootstrap, security, client)
    return _offsets(admin, bootstrap, topic, OffsetSpec.latest())


def extent(
    bootstrap: str,
    topic: str,
    security: Security = NO_SECURITY,
    client: str = CLIENT,
    kept: Any = None,
) -> Extent:
    """From the first record of each partition that is still there to ``end_offsets``."""
    admin = _client(kept, bootstrap, security, client)
    starts = _offsets(admin, bootstrap, topic, OffsetSpec.earliest())
    return Extent(starts, _offsets(admin, bootstrap, topic, OffsetSpec.latest()))


def topic_config(
    bootstrap: str,
    topic: str,
    security: Security = NO_SECURITY,
    client: str = CLIENT,
    kept: Any = None,
) -> dict[str, str]:
    """The settings of a topic as they are in force; empty if the cluster does not tell."""
    resource = ConfigResource(ResourceType.TOPIC, topic)
    # Kept until the answer is there: a client that is gone delivers no answer.
    admin = _client(kept, bootstrap, security, client)
    request = admin.describe_configs([resource], request_timeout=REQUEST_TIMEOUT_S)
    try:
        entries = request[resource].result()
    except KafkaException:
        return {}
    return {name: entry.value for name, entry in entries.items() if entry.value is not None}


def _offsets(admin: Any, bootstrap: str, topic: str, spec: Any) -> dict[int, int]:
    wanted = {
        TopicPartition(topic, partition): spec for partition in _partitions(admin, bootstrap, topic)
    }
    deadline = time.monotonic() + REQUEST_TIMEOUT_S
    while True:
        requests = admin.list_offsets(wanted, request_timeout=REQUEST_TIMEOUT_S)
        try:
            return {one.partition: future.result().offset for one, future in requests.items()}
        except KafkaException as error:
            if code(error) not in _LEADER_IS_NEW or time.monotonic() > deadline:
                if code(error) == KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise gone(bootstrap, topic) from None
                raise MeasurementError(
                    f"cannot read the offsets of topic {topic} at {bootstrap}: {said(error)}"
                ) from None
        time.sleep(_PAUSE_S)


def committed(
    bootstrap: str,
    group: str,
    topic: str,
    security: Security = NO_SECURITY,
    client: str = CLIENT,
    kept: Any = None,
) -> dict[int, int]:
    """What ``group`` committed in each partition of ``topic``; a partition without is absent."""
    admin = _client(kept, bootstrap, security, client)
    asked = [TopicPartition(topic, one) for one in _partitions(admin, bootstrap, topic)]
    request = admin.list_consumer_group_offsets(
        [ConsumerGroupTopicPartitions(group, asked)], request_timeout=REQUEST_TIMEOUT_S
    )
    try:
        answer = request[group].result().topic_partitions
    except KafkaException as error:
        raise MeasurementError(
            f"cannot read the offsets of group {group} at {bootstrap}: {said(error)}"
        ) from None
    return {one.partition: one.offset for one in answer if one.offset >= 0}


def settings(bootstrap: str, security: Security, client: str) -> dict[str, object]:
    """Settings for every librdkafka client in our own process."""
    return {
        "bootstrap.servers": bootstrap,
        "client.id": client,
        # Its messages on stderr would mix with ours; what matters comes as an error.
        "log_level": 2,
        **security.librdkafka(),
    }


def code(error: BaseException) -> int | None:
    """Kafka's number of an error; None if it is not Kafka's."""
    reason = error.args[0] if error.args else error
    return reason.code() if isinstance(reason, KafkaError) else None


def said(error: BaseException) -> str:
    """The message of an error, without the client's numbers."""
    reason = error.args[0] if error.args else error
    return reason.str() if hasattr(reason, "str") else str(reason)


def new_client(bootstrap: str, security: Security, client: str, **more: object) -> Any:
    """One that may be ``kept``."""
    return AdminClient({**settings(bootstrap, security, client), **more})


def _client(kept: Any, bootstrap: str, security: Security, client: str) -> Any:
    return new_client(bootstrap, security, client) if kept is None else kept


def _brokers(
    bootstrap: str, security: Security, context: ssl.SSLContext | None
) -> list[addresses.Address]:
    """Where the cluster says that its brokers are."""
    seen: list[KafkaError] = []
    admin = new_client(bootstrap, security, CLIENT, error_cb=seen.append)
    deadline = time.monotonic() + REACH_TIMEOUT_S
    while True:
        try:
            found = admin.list_topics(timeout=_REACH_TRY_S).brokers.values()
            return [addresses.Address(one.host, one.port) for one in found]
        except KafkaException as error:
            # What went wrong on a connection says more than "timed out"; poll delivers it.
            admin.poll(0)
            refused = [one for one in seen if one.code() == KafkaError._AUTHENTICATION]
            if refused or time.monotonic() > deadline:
                if not refused:
                    handshake.check_advertised(bootstrap, _sent_to(seen), context)
                reason = (refused or seen or [error.args[0]])[0].str()
                raise MeasurementError(
                    f"the cluster at {bootstrap} answers but does not let us in ({reason}): "
                    "check the security settings"
                ) from None


def _sent_to(errors: Sequence[KafkaError]) -> list[addresses.Address]:
    """Which brokers in the errors were named by the cluster itself: they have a number there.

    librdkafka asks any broker that it knows, also these, where the brokers are.
    """
    named = [_NAMED.match(error.str()) for error in errors]
    found = [addresses.Address(one["host"], int(one["port"])) for one in named if one]
    return list(dict.fromkeys(found))


def _partitions(admin: Any, bootstrap: str, topic: str) -> list[int]:
    try:
        found = admin.list_topics(topic, timeout=REQUEST_TIMEOUT_S).topics[topic]
    except KafkaException as error:
        raise MeasurementError(f"no answer from {bootstrap}: {said(error)}") from None
    if found.error is not None:
        if found.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise gone(bootstrap, topic)
        raise MeasurementError(f"no topic {topic} at {bootstrap}: {found.error.str()}")
    return sorted(found.partitions)


def gone(bootstrap: str, topic: str) -> MeasurementError:
    """What to say about an unknown topic; only topics of a run are asked for their offsets."""
    return MeasurementError(
        f"no topic {topic} at {bootstrap} any more: this run had made it, so somebody "
        "deleted it during the run; see who deletes topics there, and run again"
    )


def _has_leaders(admin: Any, name: str, partitions: int) -> bool:
    topic = admin.list_topics(name, timeout=REQUEST_TIMEOUT_S).topics[name]
    leaders = [one.leader for one in topic.partitions.values()]
    return len(leaders) == partitions and all(leader >= 0 for leader in leaders)
