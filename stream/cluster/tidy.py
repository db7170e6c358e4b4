"""Remove what was created on a cluster; name what cannot be removed, with the reason.

A topic that may not be deleted (``delete.topic.enable=false``, a missing right) does not affect
what was measured. It is emptied if that is allowed, because it would keep its records forever. A
group that still has a member cannot be deleted. A killed consumer stays a member until its
session is over, a minute at most with the clients' defaults, so we wait for that.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from confluent_kafka import OFFSET_END, KafkaError, KafkaException, TopicPartition

from stream.cluster.admin import code, said

REQUEST_S = 10.0
# Faust's session time-out, the longest of all, and the broker's time to notice.
PATIENCE_S = 65.0
_PAUSE_S = 0.5
# Up to this many names are listed; of more, the first and how all of them begin.
MOST_NAMED = 8

TOPIC = "topic"
GROUP = "consumer group"
INTERRUPTED = "interrupted"
NO_DELETION = "it deletes no topics: delete.topic.enable=false"

_GONE = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.GROUP_ID_NOT_FOUND)
# The second is the brokers' answer to the older request of librdkafka.
_DISABLED = (KafkaError.TOPIC_DELETION_DISABLED, KafkaError.INVALID_REQUEST)
_PASSES = (
    KafkaError.NON_EMPTY_GROUP,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.NOT_COORDINATOR,
)

Request = Callable[[list[str]], Mapping[str, "Future[Any]"]]
Pause = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Left:
    """Things of one kind that are still there: the ``reason`` holds for all of ``names``."""

    kind: str
    names: tuple[str, ...]
    reason: str


def remove(
    client: Any, groups: Sequence[str], topics: Sequence[str], say: Callable[[str], None]
) -> tuple[Left, ...]:
    """Delete topics and groups with ``client``, an AdminClient; what is left of them.

    Raises nothing: after an interruption, the rest counts as left too.
    """
    delete_groups = partial(client.delete_consumer_groups, request_timeout=REQUEST_S)
    delete_topics = partial(
        client.delete_topics, operation_timeout=REQUEST_S, request_timeout=REQUEST_S
    )
    left_topics = remove_all(TOPIC, topics, delete_topics, say)
    left_groups = remove_all(GROUP, groups, delete_groups, say)
    with suppress(KafkaException, KeyboardInterrupt):
        left_topics = tuple(_emptied(client, one) for one in left_topics)
    return (*left_groups, *left_topics)


def remove_all(
    kind: str,
    names: Sequence[str],
    request: Request,
    say: Callable[[str], None],
    pause: Pause = time.sleep,
) -> tuple[Left, ...]:
    """Ask again while a refusal may be temporary; returns what is left, by reason."""
    reasons: dict[str, str] = {}
    pending = list(names)
    waited_s = 0.0
    try:
        while pending:
            passing = {}
            for name, error in _errors(request, pending).items():
                if error is None or code(error) in _GONE:
                    continue
                if code(error) in _PASSES and waited_s < PATIENCE_S:
                    passing[name] = error
                else:
                    off = kind == TOPIC and code(error) in _DISABLED
                    reasons[name] = NO_DELETION if off else _said(error)
            pending = list(passing)
            if pending:
                say(f"waiting until the cluster lets go of {_named(kind, pending)}")
                pause(_PAUSE_S)
                waited_s += _PAUSE_S
    except KeyboardInterrupt:
        reasons |= dict.fromkeys(pending, INTERRUPTED)
    by_reason: dict[str, list[str]] = {}
    for name in names:
        if name in reasons:
            by_reason.setdefault(reasons[name], []).append(name)
    return tuple(Left(kind, tuple(found), reason) for reason, found in by_reason.items())


def sentence(left: Sequence[Left], bootstrap: str) -> str:
    """What a user has to delete, in one sentence."""
    parts = [f"{_named(one.kind, one.names)} ({one.reason})" for one in left]
    return f"left behind at {bootstrap}: {', '.join(parts)}; please delete them yourself"


def _emptied(client: Any, left: Left) -> Left:
    """The same topics, without their records as far as the cluster deletes them.

    Raises KafkaException if the cluster does not answer.
    """
    # All topics: asking for one by name would create it on some clusters.
    known = client.list_topics(timeout=REQUEST_S).topics
    ends = [
        TopicPartition(name, partition, OFFSET_END)
        for name in left.names
        if name in known
        for partition in known[name].partitions
    ]
    if not ends:
        return left
    futures = client.delete_records(ends, request_timeout=REQUEST_S).values()
    if any(future.exception() for future in futures):
        return left
    return replace(left, reason=f"{left.reason}; emptied")


def _errors(request: Request, names: list[str]) -> dict[str, BaseException | None]:
    try:
        return {name: future.exception() for name, future in request(names).items()}
    except (KafkaException, ValueError, TypeError) as error:
        return dict.fromkeys(names, error)


def _named(kind: str, names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"{kind} {names[0]}"
    if len(names) <= MOST_NAMED:
        return f"{kind}s {', '.join(names)}"
    begin = names[0].rpartition("-")[0]
    return f"{len(names)} {kind}s that begin with {begin}-"


def _said(error: BaseException) -> str:
    return " ".join(said(error).split()).rstrip(".")
