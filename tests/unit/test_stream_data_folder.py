"""Whose data folder is it? By a lock in the folder, and by what lies in it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError, UsageError
from stream.kafka import state
from stream.kafka.data_folder import LOCK, claim
from stream.kafka.plan import Mode

# Holds a file as Java's FileChannel.tryLock does, until its input ends.
AS_JAVA = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def formatted(data: Path, nodes: int = 1) -> None:
    for node in range(1, nodes + 1):
        (data / f"node-{node}").mkdir(parents=True)
        (data / f"node-{node}" / "meta.properties").write_text("version=1\n", encoding="ascii")


def test_one_folder_has_one_owner_by_whatever_path(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "link"
    link.symlink_to(data)
    monkeypatch.chdir(tmp_path)
    with claim(data, Mode.KRAFT, 1, "first (in a state folder)"):
        for path in (data, link, Path("data"), tmp_path / "other" / ".." / "data"):
            with pytest.raises(UsageError, match=r"in use by the broker first \(in a state"):
                claim(path, Mode.KRAFT, 1, "second")
        assert (data / LOCK).read_text(encoding="utf-8") == "first (in a state folder)"
    claim(link, Mode.KRAFT, 1, "second").close()


def test_a_folder_that_any_kafka_has_locked_is_refused(data: Path) -> None:
    formatted(data)
    (data / "node-1" / ".lock").touch()
    command = [sys.executable, "-c", AS_JAVA, str(data / "node-1" / ".lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(UsageError, match="in use by another Kafka"):
            claim(data, Mode.KRAFT, 1, "ours")
        other.communicate()
    claim(data, Mode.KRAFT, 1, "ours").close()


@pytest.mark.parametrize(
    ("mode", "nodes", "advice"),
    [
        (Mode.KRAFT, 1, "give --nodes 3"),
        (Mode.ZOOKEEPER, 1, "give --nodes 3"),
        (Mode.KRAFT, 3, None),
    ],
)
def test_data_are_started_as_what_they_are(
    data: Path, mode: Mode, nodes: int, advice: str | None
) -> None:
    formatted(data, nodes=3)
    if advice is None:
        claim(data, mode, nodes, "ours").close()
        return
    with pytest.raises(UsageError, match=advice):
        claim(data, mode, nodes, "ours")


def test_data_of_zookeepers_broker_are_no_kraft_data(data: Path) -> None:
    formatted(data)
    (data / "zookeeper").mkdir()
    with pytest.raises(UsageError, match="with ZooKeeper: give --zookeeper"):
        claim(data, Mode.KRAFT, 1, "ours")


@pytest.mark.parametrize("inside", [".", "node-1", "node-1/deeper"])
def test_the_folder_of_another_kafka_is_left_alone(tmp_path: Path, inside: str) -> None:
    (tmp_path / "node-1").mkdir()
    (tmp_path / "node-1" / "deeper").mkdir()
    place = tmp_path / inside if inside != "node-1/deeper" else tmp_path / "node-1"
    (place / "meta.properties").write_text("version=0\n", encoding="ascii")
    with pytest.raises(UsageError, match="belongs to the data of another Kafka"):
        claim(tmp_path / inside, Mode.KRAFT, 1, "ours")
    assert not (tmp_path / inside / LOCK).exists()


@pytest.mark.parametrize("path", ["file", "file/data"])
def test_a_file_is_no_data_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is no folder"):
        claim(tmp_path / path, Mode.KRAFT, 1, "ours")


def test_what_cannot_be_written_is_named() -> None:
    with pytest.raises(MeasurementError, match=r"cannot write /proc/hotloop: .*--data-dir"):
        claim(Path("/proc/hotloop"), Mode.KRAFT, 1, "ours")


def test_no_lock_is_held_by_a_standard_descriptor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLOOP_STATE", str(tmp_path))
    read_end, write_end = os.pipe()
    saved = os.dup(0)
    os.close(0)
    try:
        held = state.lock("mine")
        assert held is not None
        assert held.fileno() > 2
        assert state.lock("mine") is None
    finally:
        os.dup2(saved, 0)
        for number in (saved, read_end, write_end):
            os.close(number)
    held.close()
