"""What runs at this moment, for commands that did not start it; and what a crash left behind.

A broker's supervisor holds a lock (``<name>.lock``) as long as it lives, so whoever
gets the lock knows that nobody looks after the folder beside it. A lock file can be
deleted, though, so a broker whose supervisor still runs never counts as left over.
"""

import json
import shutil
import signal
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from hotloop.base.errors import MeasurementError
from hotloop.base.files import write_whole
from stream.kafka import locks
from stream.kafka.folders import state_folder
from stream.kafka.plan import Plan
from stream.kafka.processes import ProcessId, is_ours, send

KEPT_LOGS = 20


@dataclass(frozen=True, slots=True)
class State:
    """A running broker: ``nodes`` maps a node (0 is ZooKeeper) to its process."""

    name: str
    marker: str
    mode: str
    version: str
    bootstrap: str
    logs: str
    supervisor: ProcessId
    nodes: dict[int, ProcessId]

    @classmethod
    def of(cls, plan: Plan, supervisor: ProcessId, nodes: dict[int, ProcessId]) -> "State":
        """The state of a plan that is being run."""
        return cls(
            name=plan.name,
            marker=plan.marker,
            mode=plan.mode.value,
            version=plan.version,
            bootstrap=plan.bootstrap,
            logs=plan.logs,
            supervisor=supervisor,
            nodes=nodes,
        )


def write(folder: Path, state: State) -> None:
    """Write the state file of the broker in ``folder``."""
    write_whole(folder / "state.json", json.dumps(asdict(state), indent=1).encode())


def parse(text: str) -> State:
    """The state in ``text``; ValueError if it is not one (a crash may leave anything)."""
    try:
        fields = json.loads(text)
        supervisor = ProcessId(**fields.pop("supervisor"))
        nodes = {int(node): ProcessId(**one) for node, one in fields.pop("nodes").items()}
        return State(**fields, supervisor=supervisor, nodes=nodes)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a broker's state: {error}") from error


def read(folder: Path) -> State | None:
    """The state of the broker in ``folder``; None if there is none to be read."""
    try:
        return parse((folder / "state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def brokers_folder() -> Path:
    """The folder that holds one folder for each broker."""
    return state_folder() / "brokers"


def lock(name: str) -> IO[str] | None:
    """The open, locked lock file of ``name``; None while a broker of that name runs.

    A child that inherits it holds it too.
    """
    path = brokers_folder() / f"{name}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = locks.take(path)
    except OSError as error:
        raise MeasurementError(
            f"cannot write {path}: {error.strerror}; set HOTLOOP_STATE to a folder that can be "
            "written"
        ) from error
    state = read(brokers_folder() / name)
    if held is not None and state is not None and is_ours(state.supervisor, state.marker):
        held.close()
        return None
    return held


def running() -> tuple[State, ...]:
    """Every broker whose supervisor lives, by name."""
    found = []
    for folder in _folders():
        state = read(folder)
        if state is not None and is_ours(state.supervisor, state.marker):
            found.append(state)
    return tuple(found)


def sweep() -> tuple[str, ...]:
    """Clean up after brokers whose supervisor was killed; their names.

    Kills what is left of them, if it is certainly theirs, and removes their folders.
    """
    swept = []
    for folder in _folders():
        held = lock(folder.name)
        if held is None:
            continue
        with held:
            state = read(folder)
            for process in () if state is None else state.nodes.values():
                assert state is not None
                send(process, state.marker, signal.SIGKILL)
            shutil.rmtree(folder, ignore_errors=True)
        swept.append(folder.name)
    return tuple(swept)


def log_folder(name: str, stamp: str) -> Path:
    """A new folder for the logs of broker ``name``; the newest of the older ones are kept."""
    parent = state_folder() / "logs"
    folder = parent / f"{name}-{stamp}"
    folder.mkdir(parents=True, exist_ok=True)
    in_use = {state.logs for state in running()}
    by_age = sorted(parent.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in by_age[KEPT_LOGS:]:
        if str(old) not in in_use:
            shutil.rmtree(old, ignore_errors=True)
    return folder


def _folders() -> Iterator[Path]:
    folder = brokers_folder()
    if folder.is_dir():
        yield from sorted(one for one in folder.iterdir() if one.is_dir())
