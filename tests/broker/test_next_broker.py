"""A broker that a command started, and the next one on its data, with its port taken.

Those that start a Kafka take half of a minute. What is hotloop's own of it a Java shows that is a
Python program, which listens as Kafka would and says what it would say.
"""

import io
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.cli import main
from stream.broker import LEAST_FREE_BYTES, start
from stream.cluster import admin
from stream.kafka import state
from stream.kafka.folders import state_folder
from stream.kafka.ports import free_ports
from stream.kafka.running import Broker
from tests.broker import disk
from tests.broker.processes import ROOT, ends_empty, environment, hotloop, offline, processes_of
from tests.broker.test_broker import RECORDS, produce

# Two brokers on two busy cores take their time to start.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

SMALL_DISK_BYTES = LEAST_FREE_BYTES - (8 << 20)

# Without a standard input, whose number must not become that of a lock.
UNREAD = '"$@" <&-'
# As Kafka is started and formats its folder.
JAVA = f"""#!{sys.executable} -S
import pathlib, socket, sys, time

if "-version" in sys.argv:
    raise SystemExit('openjdk version "17"')
lines = pathlib.Path(sys.argv[-1]).read_text().splitlines()
settings = dict(line.replace("\\\\", "").split("=", 1) for line in lines)
data = pathlib.Path(settings["log.dirs"])
if "kafka.tools.StorageTool" in sys.argv:
    (data / "meta.properties").write_text("cluster.id=a")
    raise SystemExit
address, port = settings["listeners"].split(",")[0].removeprefix("PLAINTEXT://").split(":")
try:
    listening = socket.create_server((address, int(port)))
except OSError as error:
    raise SystemExit(f"java.net.BindException: {{error.strerror}}")
(data / "kept").touch()
print("Kafka Server started", flush=True)
time.sleep(600)
"""
# ``hotloop broker start`` to which the port in its first argument is lost.
START = """
import pathlib, sys, time
from hotloop.cli import main
from stream import broker
from stream.kafka.ports import free_ports
from stream.kafka.running import Broker

lost = iter([int(sys.argv.pop(1))])

def losing(wanted):
    client, controller = free_ports(wanted)
    return [next(lost, client), controller]

def wait_ready(broker, say):
    while "started" not in pathlib.Path(broker.logs, "node-1.log").read_text():
        broker.check()
        time.sleep(0.01)

broker.free_ports = losing
Broker.wait_ready = wait_ready
raise SystemExit(main(["broker", "start", *sys.argv[1:]]))
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder of this test's own, of which nothing may run at its end."""
    with ends_empty(tmp_path / "state") as folder:
        monkeypatch.setenv("HOTLOOP_STATE", str(folder))
        yield folder


def test_a_disk_that_is_nearly_full_is_refused_before_anything_starts(
    home: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    with disk.mounted(small, SMALL_DISK_BYTES):
        if not small.is_mount():
            pytest.skip("only root can mount a small file system")
        with pytest.raises(MeasurementError, match=r"only \d+ MB are free for the broker's data"):
            start(data_dir=small / "data")
        assert processes_of(home) == []


def here(*words: str) -> "subprocess.CompletedProcess[str]":
    """The command in this process."""
    out, err = io.StringIO(), io.StringIO()
    code = main(list(words), out, err)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def check_outlives_until_stop(
    run: "Callable[..., subprocess.CompletedProcess[str]]", started: str, data: Path, link: Path
) -> None:
    """The broker ``mine`` on ``data``, of which the command that started it said ``started``."""
    (found,) = state.running()
    assert found.bootstrap in started
    assert found.bootstrap in run("broker", "status").stdout
    assert state.running() == (found,)
    link.symlink_to(data)
    other = run("broker", "start", "--data-dir", str(link))
    assert other.returncode == 2
    assert "are in use by the broker mine (hotloop broker stop mine;" in other.stderr
    assert list(state.brokers_folder().glob("*/")) == [state.brokers_folder() / "mine"]
    # A lock that somebody deleted frees no name.
    (state.brokers_folder() / "mine.lock").unlink()
    assert state.sweep() == ()
    twice = run("broker", "start", "--name", "mine")
    assert twice.returncode == 2
    assert "a broker named mine is running" in twice.stderr
    wrong = run("broker", "stop", "yours")
    assert wrong.returncode == 2
    assert "running: mine" in wrong.stderr
    stopped = run("broker", "stop")
    assert (stopped.returncode, stopped.stdout) == (0, "stopped mine\n")
    assert processes_of(state_folder()) == []
    assert "Kafka Server started" in (Path(found.logs) / "node-1.log").read_text(encoding="utf-8")


def test_a_started_broker_outlives_its_command_until_stop(
    home: Path, broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first port is lost to the shared one. No network: only the first start needs one."""
    java, data = tmp_path / "bin" / "java", tmp_path / "data"
    java.parent.mkdir()
    java.write_text(JAVA, encoding="utf-8")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    lost = broker.bootstrap.rpartition(":")[2]
    words = (sys.executable, "-c", START, lost, "--name", "mine", "--data-dir", str(data))
    done = subprocess.run(
        ["sh", "-c", UNREAD, "sh", *words],
        capture_output=True,
        text=True,
        env=environment(home, **offline(tmp_path / "offline")),
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("another process took a port") == 1
    assert broker.bootstrap not in done.stdout
    check_outlives_until_stop(here, done.stdout, data, tmp_path / "link")
    assert (data / "node-1" / "kept").exists()


# As above, and below with what the shared broker shows of Kafka itself.
A_KAFKA_INSTEAD = pytest.mark.thorough(
    "test_a_started_broker_outlives_its_command_until_stop",
    "broker/test_broker.py::test_status_lists_the_shared_broker",
    "broker/test_broker.py::test_a_cluster_is_not_ready_before_all_its_nodes_answer",
    "broker/test_unwell_brokers.py::test_a_broker_killed_and_started_again_loses_nothing_that_it_acknowledged",
    "unit/test_stream_death.py::test_only_a_lost_port_is_worth_another_attempt",
)


@pytest.fixture(scope="module")
def home_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder of those that start a Kafka; at the end nothing of it may run."""
    with ends_empty(tmp_path_factory.mktemp("state")) as folder:
        yield folder


@pytest.fixture(scope="module")
def started(
    home_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["subprocess.CompletedProcess[str]"]:
    """The command that has started the broker ``mine``, which a test or another fixture stops.

    It holds RECORDS records in the topic ``kept``.
    """
    env = environment(home_folder)
    words = ("broker", "start", "--name", "mine", "--data-dir", str(home_folder / "data"))
    alone = env | offline(tmp_path_factory.mktemp("offline"))
    done = hotloop(*words, env=alone, shell=UNREAD)
    assert done.returncode == 0, done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLOOP_STATE", str(home_folder))
        (found,) = state.running()
    admin.create_topic(found.bootstrap, "kept", 1)
    assert produce(found.bootstrap, "kept") == RECORDS
    yield done
    _stop_all(home_folder)


def _stop_all(home_folder: Path) -> None:
    """Where a test has done so, there is no need for a command."""
    if processes_of(home_folder):
        hotloop("broker", "stop", "--all", env=environment(home_folder))


@dataclass(frozen=True, slots=True)
class Second:
    """The second broker, and what was said while it started."""

    broker: Broker
    said: tuple[str, ...]


@pytest.fixture(scope="module")
def second(
    home_folder: Path, started: "subprocess.CompletedProcess[str]", broker: Broker
) -> Iterator[Second]:
    """On the data of the first. ``broker`` answers at the port that it was to have."""
    _stop_all(home_folder)
    lost = iter([int(broker.bootstrap.rpartition(":")[2])])

    def losing(wanted: Sequence[int]) -> list[int]:
        client, controller = free_ports(wanted)
        return [next(lost, client), controller]

    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLOOP_STATE", str(home_folder))
        patch.setattr("stream.broker.free_ports", losing)
        running = start(data_dir=home_folder / "data", say=said.append)
    with running:
        yield Second(running, tuple(said))
    assert processes_of(home_folder) == []


@A_KAFKA_INSTEAD
def test_a_started_kafka_outlives_its_command_until_stop(
    home_folder: Path,
    started: "subprocess.CompletedProcess[str]",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOTLOOP_STATE", str(home_folder))
    run = partial(hotloop, env=environment(home_folder))
    check_outlives_until_stop(run, started.stdout, home_folder / "data", tmp_path / "link")


@A_KAFKA_INSTEAD
def test_a_folder_of_the_users_own_keeps_the_data_whatever_port_the_next_broker_gets(
    second: Second,
) -> None:
    assert admin.end_offsets(second.broker.bootstrap, "kept") == {0: RECORDS}


@A_KAFKA_INSTEAD
def test_a_port_that_is_lost_to_another_kafka_is_replaced(broker: Broker, second: Second) -> None:
    """The other one answers at that port, and must not be taken for ours."""
    assert second.broker.bootstrap != broker.bootstrap
    second.broker.check()
    assert sum("another process took a port" in line for line in second.said) == 1
