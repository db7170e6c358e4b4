"""The kind of broker that is wanted, checked before anything is started."""

from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import UsageError
from stream.kafka.plan import Mode
from stream.kafka.ports import ANY, is_free

NODE_COUNTS = (1, 3)

_NAME_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for; ``None`` leaves the choice of name, port and data folder to us.

    ``port`` is the first broker's; the others of a cluster take the next ones.
    ``preferred_port`` is that of a single broker, if it is free. Data in a user's
    folder is kept; otherwise it is deleted when the broker stops.
    """

    mode: Mode = Mode.KRAFT
    nodes: int = 1
    name: str | None = None
    port: int | None = None
    preferred_port: int | None = None
    data_dir: Path | None = None

    def __post_init__(self) -> None:
        if self.nodes not in NODE_COUNTS:
            raise UsageError(f"a cluster has 1 or 3 nodes here, not {self.nodes}")
        if self.mode is Mode.ZOOKEEPER and self.nodes > 1:
            raise UsageError("with ZooKeeper there is one node: leave --nodes out")
        if self.name is not None and not (self.name and set(self.name) <= _NAME_LETTERS):
            raise UsageError(f"a broker's name has a-z, 0-9, - and _ only, not {self.name!r}")
        if self.port is not None and not 0 < self.port <= _LAST_PORT + 1 - self.nodes:
            raise UsageError(f"{self.port} is no port for {self.nodes} broker(s)")
        if self.preferred_port is not None and self.nodes > 1:
            raise UsageError("only a single broker may prefer a port")
        # Kafka takes a comma for a separator between two folders.
        if self.data_dir is not None and "," in str(self.data_dir.absolute()):
            raise UsageError(f"Kafka allows no comma in a data folder: {self.data_dir}")

    def client_ports(self) -> list[int]:
        """The port of each broker: the wanted one and those after it, or any."""
        first = self.port
        if first is None and self.preferred_port is not None and is_free(self.preferred_port):
            first = self.preferred_port
        if first is None:
            return [ANY] * self.nodes
        return [first + at for at in range(self.nodes)]
