"""A user's data folder: one broker at a time, and only one that fits its contents.

Whoever starts a broker chooses its name, so a lock for the name does not protect a folder from
another name, another path or another user. The lock is in the folder itself:

    <data dir>/hotloop.lock    held by the supervisor; says which broker that is
    <data dir>/node-1/.lock    held by Kafka itself, whoever started it
"""

from pathlib import Path
from typing import IO

from hotloop.base.errors import MeasurementError, UsageError
from stream.kafka import locks
from stream.kafka.plan import Mode

LOCK = "hotloop.lock"
KAFKAS_LOCK = ".lock"
META = "meta.properties"
ZOOKEEPER = "zookeeper"
_ELSEWHERE = "give another --data-dir"


def claim(folder: Path, mode: Mode, nodes: int, owner: str) -> IO[str]:
    """The lock of ``folder``, which is created if it is missing; its contents are not touched.

    ``owner``: the new broker, as described to anyone who is refused the folder.
    Raises UsageError if another broker uses the folder or if it holds another kind of
    cluster, and MeasurementError if it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _refuse_foreign(folder, mode, nodes)
        lock = locks.take(folder / LOCK)
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(
            f"--data-dir {folder} is no folder, or lies in something that is none: {_ELSEWHERE}"
        ) from error
    except OSError as error:
        raise MeasurementError(
            f"cannot write {error.filename or folder}: {error.strerror}; make room, or choose "
            "another folder with --data-dir"
        ) from error
    if lock is None:
        raise UsageError(f"the data in {folder} are in use by {_owner(folder)}: {_ELSEWHERE}")
    for node in folder.glob("node-*"):
        if locks.is_held_by_java(node / KAFKAS_LOCK):
            lock.close()
            raise UsageError(f"the data in {node} are in use by another Kafka: {_ELSEWHERE}")
    lock.truncate(0)
    lock.write(owner)
    lock.flush()
    return lock


def _refuse_foreign(folder: Path, mode: Mode, nodes: int) -> None:
    """Raise UsageError if the folder holds data of another kind of cluster."""
    if any((one / META).exists() for one in (folder, *folder.resolve().parents)):
        raise UsageError(f"{folder} belongs to the data of another Kafka: {_ELSEWHERE}")
    if not any((node / META).exists() for node in folder.glob("node-*")):
        return
    held = Mode.ZOOKEEPER if (folder / ZOOKEEPER).is_dir() else Mode.KRAFT
    count = sum(1 for node in folder.glob("node-*") if node.is_dir())
    if (held, count) != (mode, nodes):
        option = "--zookeeper" if held is Mode.ZOOKEEPER else f"--nodes {count}"
        raise UsageError(
            f"{folder} holds the data of {count} node(s) with {held.value}: give {option}, or "
            "another --data-dir"
        )


def _owner(folder: Path) -> str:
    """What the holder of the lock wrote into it, in one line."""
    try:
        words = (folder / LOCK).read_text(encoding="utf-8", errors="replace")[:400]
    except OSError:
        words = ""
    shown = "".join(sign if sign.isprintable() else "?" for sign in words)
    return f"the broker {shown}" if shown else "another broker"
