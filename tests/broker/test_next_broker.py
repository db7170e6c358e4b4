"""A broker that a command started, and the next one on its data: its port taken, its disk small.

Two brokers for all of it. The second is started while the session's has the port that it wants,
and deletes no topic; who fills its disk up comes last.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from stream.broker import LEAST_FREE_BYTES, start
from stream.cluster import admin, tidy
from stream.cluster.place import Place
from stream.kafka import kraft, state
from stream.kafka.folders import state_folder
from stream.kafka.ports import free_ports
from stream.kafka.running import Broker
from stream.measure import steady
from stream.measure.drain import Shape
from stream.measure.steady import Offer
from tests.broker.processes import ends_empty, environment, hotloop, offline, processes_of
from tests.broker.test_broker import RECORDS, produce

# Two brokers on two busy cores take their time to start.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

FULL_DISK_BYTES = LEAST_FREE_BYTES + (32 << 20)
ONE_KB = b"x" * 1000


@dataclass(frozen=True, slots=True)
class Disk:
    """``is_small``: it has room for an empty broker and little more, which only root can make."""

    folder: Path
    is_small: bool


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={FULL_DISK_BYTES}", "hotloop-test", str(folder)]
    is_small = shutil.which("mount") is not None and not subprocess.call(
        mount, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield Disk(folder, is_small)
    if is_small:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small_disk(disk: Disk) -> Path:
    if not disk.is_small:
        pytest.skip("only root can mount a small file system")
    return disk.folder


@pytest.fixture(scope="module")
def home_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder of this file's own; at the end nothing of it may run."""
    with ends_empty(tmp_path_factory.mktemp("state")) as folder:
        yield folder


@pytest.fixture
def home(home_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLOOP_STATE", str(home_folder))
    return home_folder


@pytest.fixture(scope="module")
def started(
    home_folder: Path, disk: Disk, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["subprocess.CompletedProcess[str]"]:
    """The command that has started the broker ``mine``, which a test or another fixture stops.

    It holds RECORDS records in the topic ``kept``.
    """
    env = environment(home_folder)
    # Without a standard input, whose number must not become that of a lock; and without a network,
    # which only the first start needs, to fetch the jars.
    words = ("broker", "start", "--name", "mine", "--data-dir", str(disk.folder / "data"))
    alone = env | offline(tmp_path_factory.mktemp("offline"))
    done = hotloop(*words, env=alone, shell='"$@" <&-')
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
    home_folder: Path, started: "subprocess.CompletedProcess[str]", disk: Disk, broker: Broker
) -> Iterator[Second]:
    """On the data of the first. ``broker`` answers at the port that it was to have."""
    _stop_all(home_folder)
    settings = kraft.common
    lost = iter([int(broker.bootstrap.rpartition(":")[2])])

    def losing(wanted: Sequence[int]) -> list[int]:
        client, controller = free_ports(wanted)
        return [next(lost, client), controller]

    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLOOP_STATE", str(home_folder))
        patch.setattr("stream.broker.free_ports", losing)
        patch.setattr(
            kraft, "common", lambda nodes: settings(nodes) | {"delete.topic.enable": "false"}
        )
        running = start(data_dir=disk.folder / "data", say=said.append)
    with running:
        yield Second(running, tuple(said))
    assert processes_of(home_folder) == []


def test_a_disk_that_is_nearly_full_is_refused_before_anything_starts(
    home: Path, small_disk: Path
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(40 << 20))
    with pytest.raises(MeasurementError, match=r"only \d+ MB are free for the broker's data in"):
        start(data_dir=small_disk / "other")
    ballast.unlink()
    assert processes_of(home) == []


def test_a_started_broker_outlives_its_command_until_stop(
    home: Path, started: "subprocess.CompletedProcess[str]", disk: Disk, tmp_path: Path
) -> None:
    env = environment(home)
    (found,) = state.running()
    assert found.bootstrap in started.stdout
    assert found.bootstrap in hotloop("broker", "status", env=env).stdout
    assert state.running() == (found,)
    (tmp_path / "link").symlink_to(disk.folder / "data")
    other = hotloop("broker", "start", "--data-dir", str(tmp_path / "link"), env=env)
    assert other.returncode == 2
    assert "are in use by the broker mine (hotloop broker stop mine;" in other.stderr
    assert list(state.brokers_folder().glob("*/")) == [state.brokers_folder() / "mine"]
    # A lock that somebody deleted frees no name.
    (state.brokers_folder() / "mine.lock").unlink()
    assert state.sweep() == ()
    twice = hotloop("broker", "start", "--name", "mine", env=env)
    assert twice.returncode == 2
    assert "a broker named mine is running" in twice.stderr
    wrong = hotloop("broker", "stop", "yours", env=env)
    assert wrong.returncode == 2
    assert "running: mine" in wrong.stderr
    stopped = hotloop("broker", "stop", env=env)
    assert (stopped.returncode, stopped.stdout) == (0, "stopped mine\n")
    assert processes_of(home) == []
    assert "Kafka Server started" in (Path(found.logs) / "node-1.log").read_text(encoding="utf-8")


def test_a_folder_of_the_users_own_keeps_the_data_whatever_port_the_next_broker_gets(
    second: Second,
) -> None:
    assert admin.end_offsets(second.broker.bootstrap, "kept") == {0: RECORDS}


def test_a_port_that_is_lost_to_another_kafka_is_replaced(broker: Broker, second: Second) -> None:
    """The other one answers at that port, and must not be taken for ours."""
    assert second.broker.bootstrap != broker.bootstrap
    second.broker.check()
    assert sum("another process took a port" in line for line in second.said) == 1


def test_a_cluster_that_deletes_no_topic_is_measured_and_what_stays_is_named(
    second: Second, tmp_path: Path
) -> None:
    offer = Offer(rate_per_s=200.0, warm_s=0.2, window_s=0.5, producers=1, value_seed=1)
    place = Place(second.broker.bootstrap, 1, None, tmp_path, second.broker.cpu_s, "team-")
    run = steady.run(
        place, "confluent", Shape(1, 1, 1), offer, steady.Harm(lambda _: None, 20.0, None)
    )
    assert (run.account.acknowledged, run.account.lost) == (140, 0)
    (topic,) = place.topics
    (left,) = place.tidy()
    assert (left.kind, left.names) == (tidy.TOPIC, (topic,))
    assert left.reason == f"{tidy.NO_DELETION}; emptied"
    assert sum(place.extent(topic).starts.values()) == 140
    assert topic.startswith("team-")


def test_a_broker_whose_disk_fills_up_says_so(home: Path, small_disk: Path, second: Second) -> None:
    bootstrap = second.broker.bootstrap
    admin.create_topic(bootstrap, "topic", 1)
    (small_disk / "ballast").write_bytes(bytes(shutil.disk_usage(small_disk).free - (1 << 20)))
    with pytest.raises(MeasurementError, match="No space left on device"):  # noqa: PT012
        for _ in range(3000):
            _fill(bootstrap)
            second.broker.check()
            time.sleep(0.01)
    assert state_folder() == home


def _fill(bootstrap: str) -> None:
    from confluent_kafka import Producer

    producer = Producer(
        {"bootstrap.servers": bootstrap, "log_level": 2, "message.timeout.ms": 1000}
    )
    for _ in range(2000):
        producer.produce("topic", ONE_KB)
    producer.flush(2)
    producer.purge()
