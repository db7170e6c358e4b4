"""The settings that Kafka and ZooKeeper are started with, as they stand in the files."""

from pathlib import Path

import pytest

from stream.consume.job import SHORTEST_SESSION_S
from stream.kafka import kraft, zookeeper
from stream.kafka.kraft import Ports
from stream.kafka.properties import parse, render

DATA = Path("/data")
THREE = [Ports(9092, 19092), Ports(9093, 19093), Ports(9094, 19094)]


def kraft_settings(node: int, ports: list[Ports]) -> dict[str, str]:
    return parse(kraft.node_properties(node, ports, DATA))


def test_one_node_keeps_one_copy_of_everything() -> None:
    settings = kraft_settings(1, THREE[:1])
    assert settings["offsets.topic.replication.factor"] == "1"
    assert settings["min.insync.replicas"] == "1"
    assert settings["transaction.state.log.min.isr"] == "1"
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:19092"


def test_three_nodes_keep_three_copies_and_two_acknowledge() -> None:
    settings = kraft_settings(2, THREE)
    assert settings["node.id"] == "2"
    copies = {
        name: value for name, value in settings.items() if name.endswith("replication.factor")
    }
    assert copies == dict.fromkeys(
        (
            *("default.replication.factor", "offsets.topic.replication.factor"),
            "transaction.state.log.replication.factor",
            "share.coordinator.state.topic.replication.factor",
        ),
        "3",
    )
    acknowledging = ("min.insync.replicas", "transaction.state.log.min.isr")
    assert [settings[name] for name in acknowledging] == ["2", "2"]
    assert settings["share.coordinator.state.topic.min.isr"] == "2"
    assert settings["controller.quorum.voters"] == (
        "1@127.0.0.1:19092,2@127.0.0.1:19093,3@127.0.0.1:19094"
    )


def test_a_dead_member_of_the_newest_protocol_is_found_as_soon_as_of_the_others() -> None:
    settings = kraft_settings(1, THREE[:1])
    assert settings["group.consumer.session.timeout.ms"] == str(int(SHORTEST_SESSION_S * 1000))
    assert settings["group.consumer.heartbeat.interval.ms"] == "2000"
    for kind in ("session.timeout", "heartbeat.interval"):
        least = settings[f"group.consumer.min.{kind}.ms"]
        assert least == settings[f"group.consumer.{kind}.ms"]


@pytest.mark.parametrize(
    "text",
    [
        kraft.node_properties(3, THREE, DATA),
        zookeeper.broker_properties(9092, 2181, DATA),
        zookeeper.zookeeper_properties(2181, DATA),
    ],
)
def test_every_listener_is_on_loopback(text: str) -> None:
    settings = parse(text)
    addresses = [
        value
        for name, value in settings.items()
        if name in ("listeners", "advertised.listeners", "zookeeper.connect", "clientPortAddress")
    ]
    assert addresses
    for value in addresses:
        assert all("127.0.0.1" in one for one in value.split(","))


@pytest.mark.parametrize(
    "text", [kraft.node_properties(1, THREE[:1], DATA), zookeeper.broker_properties(1, 2, DATA)]
)
def test_no_topic_is_created_by_mistyping_it(text: str) -> None:
    assert parse(text)["auto.create.topics.enable"] == "false"


def test_zookeeper_and_its_broker_are_told_just_this() -> None:
    """What Kafka 3.9 and its ZooKeeper are known to take: see tests/broker/apart."""
    assert parse(zookeeper.zookeeper_properties(2181, DATA)) == {
        "dataDir": "/data",
        "clientPort": "2181",
        "clientPortAddress": "127.0.0.1",
        "tickTime": "2000",
        # No web server.
        "admin.enableServer": "false",
    }
    assert parse(zookeeper.broker_properties(9092, 2181, DATA)) == {
        "broker.id": "1",
        "listeners": "PLAINTEXT://127.0.0.1:9092",
        "advertised.listeners": "PLAINTEXT://127.0.0.1:9092",
        "zookeeper.connect": "127.0.0.1:2181",
        "log.dirs": "/data",
        "auto.create.topics.enable": "false",
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
    }


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("/data", "/data"),
        ("/with space", "/with space"),
        ("C:\\kafka", "C:\\\\kafka"),
        ("/dätä", "/d\\u00e4t\\u00e4"),
        ("/\U0001f40d", "/\\ud83d\\udc0d"),
    ],
)
def test_a_value_is_escaped_as_java_reads_it(value: str, written: str) -> None:
    assert render({"log.dirs": value}) == f"log.dirs={written}\n"


@pytest.mark.parametrize(
    ("line", "settings"),
    [
        ("a=b", {"a": "b"}),
        (" a : b c ", {"a": "b c "}),
        ("a=b=c:d", {"a": "b=c:d"}),
        ("a:b=c", {"a": "b=c"}),
        ("a=", {"a": ""}),
        ("a", {"a": ""}),
        ("# a=b", {}),
        ("! a=b", {}),
        ("", {}),
        ("password=p\\w#!", {"password": "pw#!"}),
        ("a b", {"a": "b"}),
        ("a\t= b", {"a": "b"}),
        ("a = b ", {"a": "b "}),
        ("a\\ b\\=c=d", {"a b=c": "d"}),
        ("a=b\\\n   c\\\r\n\td", {"a": "bcd"}),
        ("a=b\\\n# c", {"a": "b# c"}),
        ("a=b\\\n\nc=d", {"a": "b", "c": "d"}),
        ("a=b\\\\\nc=d", {"a": "b\\", "c": "d"}),
        ("# a\\\nb=c", {"b": "c"}),
        ("a=\\t\\u00e9\\ud83d\\udc0d\\q", {"a": "\t\u00e9\U0001f40dq"}),
        ("a=1\na=2", {"a": "2"}),
    ],
)
def test_a_properties_line_is_read(line: str, settings: dict[str, str]) -> None:
    assert parse(line) == settings
