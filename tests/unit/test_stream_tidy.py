"""What is asked of a cluster at the end, and what is said of what it refuses."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from stream.cluster import tidy
from stream.cluster.tidy import GROUP, PATIENCE_S, TOPIC, Left, remove_all, sentence


class Cluster:
    """Answers each name from its script, the last answer over and over; None: deleted."""

    def __init__(self, **script: Sequence[int | BaseException | None]) -> None:
        self.script = {name.replace("_", "-"): list(answers) for name, answers in script.items()}
        self.asked: list[list[str]] = []

    def __call__(self, names: list[str]) -> Mapping[str, "Future[Any]"]:
        self.asked.append(names)
        futures = {}
        for name in names:
            answers = self.script[name]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if isinstance(answer, KeyboardInterrupt):
                raise answer
            futures[name] = future = Future[Any]()
            if answer is None:
                future.set_result(None)
            elif isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_exception(KafkaException(KafkaError(answer)))
        return futures


def removed(kind: str, cluster: Cluster) -> tuple[tuple[Left, ...], list[str], float]:
    said: list[str] = []
    pauses: list[float] = []
    left = remove_all(kind, list(cluster.script), cluster, said.append, pauses.append)
    return left, said, sum(pauses)


def test_what_is_deleted_or_was_never_there_is_not_left() -> None:
    cluster = Cluster(a=[None], b=[KafkaError.GROUP_ID_NOT_FOUND])
    assert removed(GROUP, cluster) == ((), [], 0)
    assert removed(TOPIC, Cluster(a=[KafkaError.UNKNOWN_TOPIC_OR_PART])) == ((), [], 0)


def test_a_group_whose_member_was_killed_is_waited_for() -> None:
    cluster = Cluster(free=[None], held=[KafkaError.NON_EMPTY_GROUP] * 3 + [None])
    left, said, waited_s = removed(GROUP, cluster)
    assert left == ()
    assert cluster.asked == [["free", "held"], *[["held"]] * 3]
    assert said == ["waiting until the cluster lets go of consumer group held"] * 3
    assert 0 < waited_s < PATIENCE_S


def test_a_member_that_never_leaves_is_waited_for_once() -> None:
    left, _, waited_s = removed(GROUP, Cluster(held=[KafkaError.NON_EMPTY_GROUP]))
    assert [one.names for one in left] == [("held",)]
    assert waited_s == pytest.approx(PATIENCE_S)


def test_a_refusal_is_left_with_its_reason_and_asked_for_once() -> None:
    forbidden = KafkaError.TOPIC_AUTHORIZATION_FAILED
    cluster = Cluster(a=[forbidden], b=[None], c=[forbidden], d=[KafkaError.INVALID_REQUEST])
    left, said, waited_s = removed(TOPIC, cluster)
    assert [one.names for one in left] == [("a", "c"), ("d",)]
    assert "authorization failed" in left[0].reason
    assert left[1].reason == "it deletes no topics: delete.topic.enable=false"
    assert (len(cluster.asked), said, waited_s) == (1, [], 0)


def test_an_interruption_leaves_what_was_still_to_be_deleted() -> None:
    cluster = Cluster(a=[None], b=[KafkaError.NON_EMPTY_GROUP, KeyboardInterrupt()])
    left, _, _ = removed(GROUP, cluster)
    assert left == (Left(GROUP, ("b",), tidy.INTERRUPTED),)


def test_a_cluster_that_does_not_answer_is_a_reason_too() -> None:
    def unreachable(names: list[str]) -> Mapping[str, "Future[Any]"]:
        raise KafkaException(KafkaError(KafkaError._TRANSPORT))

    (left,) = remove_all(TOPIC, ["a", "b"], unreachable, lambda _: None, lambda _: None)
    assert left.names == ("a", "b")
    assert "transport failure" in left.reason


def test_a_few_names_are_all_said_and_many_by_what_they_begin_with() -> None:
    few = Left(GROUP, ("x-group-1", "x-group-2"), "no right")
    many = Left(TOPIC, tuple(f"x-topic-{k}" for k in range(1, 31)), "no right")
    assert sentence([few, many], "host:9092") == (
        "left behind at host:9092: consumer groups x-group-1, x-group-2 (no right), "
        "30 topics that begin with x-topic- (no right); please delete them yourself"
    )
