"""The session's shared broker: what it is, what the admin functions say, what a freeze does."""

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from confluent_kafka import Consumer, Producer

from hotloop.base.errors import MeasurementError, UsageError
from stream.broker import start
from stream.cluster import admin
from stream.cluster.place import Place
from stream.cluster.security import Security
from stream.faults.hands import Reach
from stream.faults.plans import Act
from stream.kafka import ready
from stream.kafka.jars import KAFKA_4
from stream.kafka.planning import cluster_id
from stream.kafka.running import Broker
from tests.broker.processes import environment, hotloop, processes_of

pytestmark = pytest.mark.broker

READ_WITHIN_S = 60.0
RECORDS = 10


def produce(bootstrap: str, topic: str, count: int = RECORDS) -> int:
    """Send with all acknowledgements; how many were acknowledged."""
    acknowledged: list[bool] = []
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "log_level": 2})
    for number in range(count):
        producer.produce(
            topic, b"%d" % number, on_delivery=lambda error, _: acknowledged.append(error is None)
        )
    producer.flush(READ_WITHIN_S)
    return sum(acknowledged)


def test_records_come_back_and_offsets_are_counted(
    broker: Broker, new_topic: Callable[[int], str], new_group: Callable[[], str]
) -> None:
    topic, group = new_topic(2), new_group()
    assert admin.end_offsets(broker.bootstrap, topic) == {0: 0, 1: 0}
    assert produce(broker.bootstrap, topic) == RECORDS
    ends = admin.end_offsets(broker.bootstrap, topic)
    assert sum(ends.values()) == RECORDS
    assert admin.committed(broker.bootstrap, group, topic) == {}
    consumer = Consumer(
        {
            "bootstrap.servers": broker.bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    try:
        consumer.subscribe([topic])
        read: list[bytes] = []
        while len(read) < RECORDS:
            (message,) = consumer.consume(1, READ_WITHIN_S)
            read.append(message.value())
        consumer.commit(asynchronous=False)
    finally:
        consumer.close()
    assert sorted(read) == sorted(b"%d" % number for number in range(RECORDS))
    kept = {partition: end for partition, end in ends.items() if end}
    assert admin.committed(broker.bootstrap, group, topic) == kept


def test_it_says_what_it_is(broker: Broker) -> None:
    assert (broker.version, broker.mode, broker.nodes) == (KAFKA_4.version, "KRaft", 1)
    assert list(broker.processes) == [1]
    assert broker.cpu_s() > 0
    broker.check()


def test_every_port_is_on_loopback(broker: Broker) -> None:
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(broker.processes[1].pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) == 2
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_the_probe_topics_of_the_start_are_gone(broker: Broker) -> None:
    from confluent_kafka.admin import AdminClient

    client = AdminClient({"bootstrap.servers": broker.bootstrap})
    topics = client.list_topics(timeout=READ_WITHIN_S).topics
    assert not [name for name in topics if name.startswith("hotloop-ready")]


def test_a_topic_that_is_there_already_is_refused(
    broker: Broker, new_topic: Callable[[int], str]
) -> None:
    topic = new_topic(1)
    with pytest.raises(MeasurementError, match=f"cannot create topic {topic} .*already exists"):
        admin.create_topic(broker.bootstrap, topic, 1)


def test_a_deleted_topic_is_gone_and_cannot_be_deleted_again(
    broker: Broker, new_topic: Callable[[int], str]
) -> None:
    topic = new_topic(1)
    admin.delete_topic(broker.bootstrap, topic)
    with pytest.raises(MeasurementError, match=f"cannot delete topic {topic}"):
        admin.delete_topic(broker.bootstrap, topic)


def test_a_topic_that_nobody_created_does_not_come_into_being(broker: Broker) -> None:
    topic = f"nobody-{uuid.uuid4().hex}"
    for _ in range(2):
        with pytest.raises(MeasurementError, match=f"no topic {topic} at .* any more"):
            admin.end_offsets(broker.bootstrap, topic)


def test_a_cluster_that_answers_is_described(broker: Broker) -> None:
    found = admin.reach(broker.bootstrap)
    assert (found.bootstrap, found.brokers, found.version) == (broker.bootstrap, 1, "4.1")


@pytest.mark.parametrize(
    ("nodes", "is_ours", "missing"),
    [(3, True, "1 of 3 brokers answer"), (1, False, "0 of 1 brokers answer")],
)
def test_a_cluster_is_not_ready_before_all_its_nodes_answer(
    broker: Broker, nodes: int, is_ours: bool, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    # The time is over when an answer has come, however long that takes.
    now_s = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now_s[-1], sleep=time.sleep)
    monkeypatch.setattr(ready, "time", clock)

    def known() -> str | None:
        now_s.append(60.0)
        return cluster_id(Path(broker.plan.data)) if is_ours else "somebody else's"

    with pytest.raises(MeasurementError, match=rf"was not ready after 30 s \({missing}\)"):
        ready.wait(broker.bootstrap, nodes, known, 30.0, broker.check, said.append)
    (line,) = said
    assert line.startswith("waiting until ")


def test_a_wrong_login_is_one_sentence_without_the_password(broker: Broker) -> None:
    login = Security(
        {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": "somebody",
            "sasl.password": "hunter2-hunter2",
        }
    )
    with pytest.raises(MeasurementError, match="check the security settings") as caught:
        admin.reach(broker.bootstrap, login)
    assert "hunter2" not in str(caught.value)
    assert "somebody" not in str(caught.value)


def test_tls_on_a_plain_port_is_one_sentence(broker: Broker) -> None:
    login = Security({"security.protocol": "SSL"})
    with pytest.raises(MeasurementError, match="refuses a TLS connection"):
        admin.reach(broker.bootstrap, login)


def test_a_frozen_broker_answers_nothing_and_goes_on_after_the_thaw(
    broker: Broker, place: Place
) -> None:
    """As a fault freezes it: the node that leads the topic."""
    topic = place.new_topic(1)
    running: Any = SimpleNamespace(place=place, topics=[topic])
    reach = Reach(running, broker)
    hands = reach.hands()
    hands[Act.FREEZE_BROKER]()
    try:
        assert reach.harmed == 1
        with pytest.raises(MeasurementError, match="does not answer within 3 s"):
            admin.reach(broker.bootstrap)
        broker.check()
    finally:
        hands[Act.THAW_BROKER]()
    assert produce(broker.bootstrap, topic) == RECORDS


def test_a_taken_port_is_refused_before_anything_starts(broker: Broker) -> None:
    port = int(broker.bootstrap.rpartition(":")[2])
    before = {process.pid for process in processes_of(broker.logs.parents[1])}
    with pytest.raises(MeasurementError, match=rf"port {port} on 127.0.0.1 cannot be had"):
        start(port=port)
    assert {process.pid for process in processes_of(broker.logs.parents[1])} == before


def test_a_taken_name_is_refused(broker: Broker) -> None:
    with pytest.raises(UsageError, match=f"a broker named {broker.name} is running"):
        start(name=broker.name)


def test_the_log_says_what_happened(broker: Broker) -> None:
    assert "Kafka Server started" in (broker.logs / "node-1.log").read_text(encoding="utf-8")


def test_status_lists_the_shared_broker(broker: Broker) -> None:
    ended = hotloop("broker", "status", env=environment(broker.logs.parents[1]))
    assert ended.returncode == 0
    assert ended.stderr == ""
    (row,) = [line for line in ended.stdout.splitlines() if line.startswith(f"{broker.name} ")]
    assert row.split()[:6] == [broker.name, KAFKA_4.version, "KRaft", "1", "of", "1"]
    assert row.split()[6] == broker.bootstrap
