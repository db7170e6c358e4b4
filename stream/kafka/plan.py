"""What a broker consists of: its processes, their files and commands, as data.

The harness writes a plan (stream.kafka.planning), the supervisor reads it and nothing else:

    <state>/brokers/<name>/plan.json    what to run (this module)
    <state>/brokers/<name>/state.json   what runs (stream.kafka.state)
    <state>/brokers/<name>/node-1/      settings, and data unless --data-dir
    <state>/logs/<name>-<time>/         the output of the processes; kept after they end
"""

import json
from dataclasses import asdict, dataclass
from enum import Enum

from stream.kafka.ports import LOOPBACK

ZOOKEEPER_NODE = 0


class Mode(Enum):
    """How a cluster keeps its metadata."""

    KRAFT = "KRaft"
    ZOOKEEPER = "ZooKeeper"


@dataclass(frozen=True, slots=True)
class Process:
    """One Java process; node 0 is ZooKeeper, brokers count from 1. ``port`` is its clients'."""

    node: int
    command: tuple[str, ...]
    log: str
    port: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A planned broker: the ``prepare`` commands finish before any process starts.

    ``grace_s`` is how long a process may take to end after SIGTERM.
    """

    name: str
    marker: str
    mode: Mode
    version: str
    processes: tuple[Process, ...]
    prepare: tuple[tuple[str, ...], ...]
    logs: str
    data: str
    grace_s: float

    @property
    def brokers(self) -> tuple[Process, ...]:
        """The processes that clients talk to."""
        return tuple(one for one in self.processes if one.node != ZOOKEEPER_NODE)

    @property
    def bootstrap(self) -> str:
        """HOST:PORT of every broker, comma-separated."""
        return ",".join(f"{LOOPBACK}:{one.port}" for one in self.brokers)

    def to_json(self) -> str:
        """The plan as the text of its file."""
        return json.dumps(asdict(self) | {"mode": self.mode.value}, indent=1)


def from_json(text: str) -> Plan:
    """The plan in ``text``, as ``Plan.to_json`` wrote it."""
    fields = json.loads(text)
    return Plan(
        name=fields["name"],
        marker=fields["marker"],
        mode=Mode(fields["mode"]),
        version=fields["version"],
        processes=tuple(
            Process(one["node"], tuple(one["command"]), one["log"], one["port"])
            for one in fields["processes"]
        ),
        prepare=tuple(tuple(command) for command in fields["prepare"]),
        logs=fields["logs"],
        data=fields["data"],
        grace_s=fields["grace_s"],
    )
