"""What is said of a cluster whose settings keep clients from reading, or from reading fast."""

from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from hotloop.base.ending import last_words
from hotloop.base.errors import MeasurementError
from hotloop.streams import lab
from stream.cluster import admin, groups, place, topic_config
from stream.cluster.place import Place
from stream.cluster.security import NO_SECURITY
from stream.consume.advice import advised
from stream.measure.drain import Filled


def told(*, compressed: str | None = None, throttled: bool = False) -> tuple[str, ...]:
    cluster = SimpleNamespace(taken_away=lambda _: None, compressed=lambda _: compressed)
    filled = Filled(("t",), 1, 1, (), (), is_fetch_throttled=throttled)
    return lab._doubts(filled, cluster)  # type: ignore[arg-type]


def test_a_quota_on_fetches_and_a_topic_that_the_cluster_compresses_are_doubts() -> None:
    assert told() == ()
    (quota,) = told(throttled=True)
    assert quota.startswith("the broker throttles who fetches (a quota)")
    (compressed,) = told(compressed="zstd")
    assert "(compression.type is zstd)" in compressed


@pytest.mark.parametrize(("in_force", "said"), [("producer", None), ("zstd", "zstd"), (None, None)])
def test_a_topic_holds_what_it_is_sent_unless_the_cluster_insists(
    monkeypatch: pytest.MonkeyPatch, in_force: str | None, said: str | None
) -> None:
    wanted: dict[str, str] = {}
    found = {} if in_force is None else {topic_config.COMPRESSION: in_force}
    monkeypatch.setattr(admin, "new_client", lambda *_: None)
    monkeypatch.setattr(admin, "create_topic", lambda *_, config: wanted.update(config))
    monkeypatch.setattr(admin, "topic_config", lambda *_: found)
    facts = topic_config.create("host:1", "t", 1, 1, NO_SECURITY, "us")
    assert wanted[topic_config.COMPRESSION] == "producer"
    assert facts.compressed == said


def answering(monkeypatch: pytest.MonkeyPatch, number: int | None) -> None:
    def describe(asked: list[str], request_timeout: float) -> Any:
        future: Future[Any] = Future()
        if number is None:
            future.set_result(None)
        else:
            future.set_exception(KafkaException(KafkaError(number)))
        return {asked[0]: future}

    client = SimpleNamespace(describe_consumer_groups=describe)
    monkeypatch.setattr(admin, "new_client", lambda *_: client)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (KafkaError._TIMED_OUT, r"^no broker at host:1 looks after .*offsets\.topic\.replication"),
        (KafkaError.COORDINATOR_NOT_AVAILABLE, "^no broker at host:1 looks after"),
        (KafkaError.GROUP_AUTHORIZATION_FAILED, "^the login has no right to use .*--prefix"),
    ],
)
def test_a_cluster_whose_groups_cannot_be_used_is_refused_with_the_cause(
    monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    answering(monkeypatch, number)
    with pytest.raises(MeasurementError, match=said):
        groups.check("host:1", "g", NO_SECURITY, "us")


@pytest.mark.parametrize("number", [None, KafkaError.GROUP_ID_NOT_FOUND])
def test_a_group_that_is_not_there_can_be_used(
    monkeypatch: pytest.MonkeyPatch, number: int | None
) -> None:
    answering(monkeypatch, number)
    groups.check("host:1", "g", NO_SECURITY, "us")


def test_a_cluster_that_was_away_may_come_back_and_one_that_stays_away_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = Place("host:1", 1, None, tmp_path, None)
    asked: list[str] = []

    def away_once(bootstrap: str, _: object) -> None:
        asked.append(bootstrap)
        if len(asked) < 2:
            raise MeasurementError("away")

    monkeypatch.setattr(place, "LOOK_S", 0.0)
    monkeypatch.setattr(admin, "reach", away_once)
    made.check()
    assert asked == ["host:1"] * 2
    asked.clear()
    monkeypatch.setattr(place, "BACK_WITHIN_S", -1.0)
    with pytest.raises(MeasurementError, match="away"):
        made.check()


@pytest.mark.parametrize(
    "said",
    [
        'x failed: KafkaError{str="JoinGroup failed: Broker: Invalid session timeout"}',
        "faust did not stop (Attempt to join group failed: [Error 26] InvalidSessionTimeoutError)",
    ],
)
def test_a_session_that_the_cluster_does_not_allow_comes_with_the_settings(said: str) -> None:
    assert advised(said).startswith(f"{said}: group.min.session.timeout.ms and group.max.")


def test_an_error_without_advice_stays_as_it_is() -> None:
    assert advised("x failed: no luck") == "x failed: no luck"


def test_last_words_are_without_what_hides_a_cursor(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text("\x1b[?25l\x1b[31mno luck\x1b[0m \n\x1b[?25h\x08", encoding="utf-8")
    assert last_words(log) == "no luck"
