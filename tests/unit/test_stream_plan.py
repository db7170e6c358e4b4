"""What a broker is to consist of, before any of it runs."""

import socket
import string
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError, UsageError
from stream.kafka import plan, ports
from stream.kafka.folders import cache_folder, state_folder
from stream.kafka.java import Java, find_java, parse_major
from stream.kafka.kraft import Ports
from stream.kafka.plan import Mode, Plan
from stream.kafka.planning import Site, cluster_id, kraft_plan, zookeeper_plan
from stream.kafka.processes import ProcessId
from stream.kafka.request import Request
from stream.kafka.state import State, parse, read, write

MARKER = "00112233445566aa"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    folder, logs = tmp_path / "broker", tmp_path / "logs"
    folder.mkdir()
    found = Java(Path("/java/bin/java"), 25, "PATH")
    jars = (Path("/jars/a.jar"), Path("/jars/b.jar"))
    return Site("kraft", MARKER, folder, logs, tmp_path / "data", found, jars)


def one_node(site: Site) -> Plan:
    return kraft_plan(site, [Ports(9092, 9093)], "AAAAAAAAAAAAAAAAAAAAAQ")


def three_nodes(site: Site) -> Plan:
    ports = [Ports(9000 + 10 * node, 9001 + 10 * node) for node in range(3)]
    return kraft_plan(site, ports, "AAAAAAAAAAAAAAAAAAAAAQ")


def pair(site: Site) -> Plan:
    return zookeeper_plan(site, 9092, 2181)


@pytest.mark.parametrize("make", [one_node, three_nodes, pair])
def test_a_plan_survives_its_file(site: Site, make: object) -> None:
    assert callable(make)
    made = make(site)
    assert plan.from_json(made.to_json()) == made


@pytest.mark.parametrize("make", [one_node, three_nodes, pair])
def test_every_process_carries_the_marker_and_all_jars(site: Site, make: object) -> None:
    assert callable(make)
    made: Plan = make(site)
    for command in (*(one.command for one in made.processes), *made.prepare):
        assert f"-Dhotloop.broker={MARKER}" in command
        assert command[0] == "/java/bin/java"
        assert command[command.index("-cp") + 1] == "/jars/a.jar:/jars/b.jar"


def test_clients_are_told_the_brokers_and_not_zookeeper(site: Site) -> None:
    assert one_node(site).bootstrap == "127.0.0.1:9092"
    assert three_nodes(site).bootstrap == "127.0.0.1:9000,127.0.0.1:9010,127.0.0.1:9020"
    assert pair(site).bootstrap == "127.0.0.1:9092"
    assert [one.node for one in pair(site).processes] == [0, 1]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("version=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAQ\nnode.id=2\n", "AAAAAAAAAAAAAAAAAAAAAQ"),
        ("cluster.id=ab\\=\n", "ab="),
        ("version=1\n", None),
        ("", None),
        (None, None),
    ],
)
def test_the_cluster_id_is_read_from_the_data(
    tmp_path: Path, written: str | None, found: str | None
) -> None:
    folder = tmp_path / "node-2"
    folder.mkdir()
    if written is not None:
        (folder / "meta.properties").write_text(written, encoding="ascii")
    assert cluster_id(tmp_path) == found


def test_a_preferred_port_is_taken_only_where_it_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert Request(preferred_port=port).client_ports() == [ports.ANY]
        assert Request(preferred_port=port, port=port).client_ports() == [port]
    assert Request(preferred_port=port).client_ports() == [port]
    assert Request(port=9092, nodes=3).client_ports() == [9092, 9093, 9094]


def test_a_formatted_folder_is_not_formatted_again(site: Site) -> None:
    assert len(three_nodes(site).prepare) == 3
    (site.data / "node-2" / "meta.properties").touch()
    settings = [command[-1] for command in three_nodes(site).prepare]
    assert [Path(one).name for one in settings] == ["node-1.properties", "node-3.properties"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"nodes": 2}, "a cluster has 1 or 3 nodes here, not 2"),
        ({"nodes": 0}, "a cluster has 1 or 3 nodes here, not 0"),
        ({"nodes": 3, "mode": Mode.ZOOKEEPER}, "with ZooKeeper there is one node"),
        ({"name": ""}, "a broker's name has"),
        ({"name": "../x"}, "a broker's name has"),
        ({"name": "Mine"}, "a broker's name has"),
        ({"preferred_port": 9092, "nodes": 3}, "only a single broker may prefer a port"),
        ({"port": 0}, "0 is no port"),
        ({"port": 65536}, "65536 is no port"),
        ({"port": 65534, "nodes": 3}, "65534 is no port for 3"),
        ({"data_dir": Path("/a,b")}, "Kafka allows no comma"),
    ],
)
def test_a_request_without_sense_is_refused(asked: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Request(**asked)  # type: ignore[arg-type]


def test_the_last_ports_may_be_asked_for() -> None:
    assert Request(port=65535).port == 65535
    assert Request(port=65533, nodes=3).port == 65533
    assert Request(name=string.ascii_lowercase + string.digits + "-_").name is not None


def test_a_state_survives_its_file(tmp_path: Path) -> None:
    state = State(
        "kraft", MARKER, "KRaft", "4", "a:1", "/logs", ProcessId(1, 2), {0: ProcessId(3, 4)}
    )
    write(tmp_path, state)
    assert read(tmp_path) == state
    assert read(tmp_path / "nowhere") is None


@pytest.mark.parametrize("text", ["", "{", "1", "[]", "null", "{}", '{"supervisor": 1}'])
def test_what_is_no_state_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "25" 2025-09-16', 25),
        ('java version "1.8.0_292"', 8),
        ('openjdk version "26-ea" 2026-03-17', 26),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "21.0.2"', 21),
        ("command not found", None),
        ("", None),
    ],
)
def test_javas_own_words_are_understood(text: str, major: int | None) -> None:
    assert parse_major(text) == major


def test_without_java_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.kafka.java.util.find_spec", lambda name: None)
    with pytest.raises(MeasurementError, match=r"^no Java 17 or newer for the broker: pip install"):
        find_java(17, {"PATH": "/nowhere"})


def test_a_java_that_does_not_run_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("stream.kafka.java.util.find_spec", lambda name: None)
    with pytest.raises(MeasurementError, match=r"; JAVA_HOME \(.*/bin/java\) does not run: pip"):
        find_java(17, {"PATH": "", "JAVA_HOME": str(tmp_path)})


@pytest.mark.parametrize(
    ("environ", "cache", "state"),
    [
        ({"HOME": "/h"}, "/h/.cache/hotloop", "/h/.local/state/hotloop"),
        (
            {"HOME": "/h", "XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s"},
            "/c/hotloop",
            "/s/hotloop",
        ),
        (
            {"HOME": "/h", "XDG_CACHE_HOME": "c", "XDG_STATE_HOME": ""},
            "/h/.cache/hotloop",
            "/h/.local/state/hotloop",
        ),
        ({"HOME": "/h", "HOTLOOP_CACHE": "/mine", "HOTLOOP_STATE": "/own"}, "/mine", "/own"),
    ],
)
def test_folders_follow_the_environment(environ: dict[str, str], cache: str, state: str) -> None:
    assert cache_folder(environ) == Path(cache)
    assert state_folder(environ) == Path(state)
