"""What the admin functions make of a broker's answers, from a scripted client."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from hotloop.base.errors import MeasurementError
from stream.cluster import admin
from stream.cluster.security import NO_SECURITY


@dataclass
class Answers:
    """A client whose ``list_offsets`` gives one answer after the other, an offset or an error."""

    script: list[int]
    asked: int = field(default=0)

    def list_topics(self, topic: str, timeout: float) -> Any:
        return SimpleNamespace(topics={topic: SimpleNamespace(error=None, partitions={0: None})})

    def list_offsets(self, wanted: dict[TopicPartition, Any], request_timeout: float) -> Any:
        answer = self.script[self.asked]
        self.asked += 1
        future: Future[Any] = Future()
        # Error codes are below a thousand, the offsets of this script above.
        if answer >= FIRST_OFFSET:
            future.set_result(SimpleNamespace(offset=answer))
        else:
            future.set_exception(KafkaException(KafkaError(answer)))
        return dict.fromkeys(wanted, future)


FIRST_OFFSET = 1000


def answering(monkeypatch: pytest.MonkeyPatch, *script: int) -> Answers:
    client = Answers(list(script))
    monkeypatch.setattr(admin, "new_client", lambda *_: client)
    return client


def test_a_leader_that_does_not_know_it_yet_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = answering(monkeypatch, KafkaError.NOT_LEADER_FOR_PARTITION, 1234)
    assert admin.end_offsets("host:1", "topic") == {0: 1234}
    assert client.asked == 2


def test_a_topic_that_was_there_and_is_unknown_now_was_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admin, "REQUEST_TIMEOUT_S", 0.0)
    answering(monkeypatch, *[KafkaError.UNKNOWN_TOPIC_OR_PART] * 2)
    with pytest.raises(MeasurementError, match=r"this run had made it, so somebody deleted"):
        admin.end_offsets("host:1", "topic")


def test_another_refusal_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    client = answering(monkeypatch, KafkaError.TOPIC_AUTHORIZATION_FAILED, 1234)
    with pytest.raises(MeasurementError, match="cannot read the offsets of topic topic at host:1"):
        admin.end_offsets("host:1", "topic")
    assert client.asked == 1


def test_who_asks_for_the_brokers_tells_those_that_the_cluster_named_from_those_of_the_user() -> (
    None
):
    texts = (
        "127.0.0.1:1/1: Connect to ipv4#127.0.0.1:1 failed: Connection refused",
        "sasl_ssl://b-1.example.org:9094/2: Failed to resolve 'b-1.example.org:9094'",
        "[::1]:9092/3: Connect to ipv6#[::1]:9092 failed",
        "127.0.0.1:9092/bootstrap: Disconnected",
        "1/1 brokers are down",
    )
    errors = [KafkaError(KafkaError._TRANSPORT, text) for text in texts]
    assert list(map(str, admin._sent_to(errors))) == [
        "127.0.0.1:1",
        "b-1.example.org:9094",
        "[::1]:9092",
    ]


def test_a_client_is_kept_until_a_question_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = iter(range(9))
    monkeypatch.setattr(admin, "new_client", lambda *_, **__: next(clients))
    contact = admin.Contact("host:1", NO_SECURITY, "us")
    asked: list[int] = []

    def fails_of(*which: int) -> Callable[[int], int]:
        def question(client: int) -> int:
            asked.append(client)
            if client in which:
                raise MeasurementError(f"of {client}")
            return client

        return question

    assert [contact.ask(fails_of()) for _ in range(2)] == [0, 0]
    assert contact.ask(fails_of(0)) == 1
    with pytest.raises(MeasurementError, match="of 2"):
        contact.ask(fails_of(1, 2))
    assert asked == [0, 0, 0, 1, 1, 2]
    contact.end()
    assert contact.ask(fails_of()) == 3
