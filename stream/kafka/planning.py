"""How a plan is made: the command lines of a broker's processes, and their settings' files.

The supervisor, which starts with each broker, loads none of this.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stream.kafka import kraft, zookeeper
from stream.kafka.jars import KAFKA_3, KAFKA_4, JarSet
from stream.kafka.java import Java
from stream.kafka.kraft import Ports
from stream.kafka.plan import ZOOKEEPER_NODE, Mode, Plan, Process
from stream.kafka.properties import Malformed, parse

# A single node shuts down in half a second. The last two of three wait in vain for a
# controller majority, so waiting longer gains nothing.
GRACE_S = 10.0

# G1 with short pauses, as kafka-server-start passes it. The heap of a single broker is
# Kafka's own default; three share a machine, so each gets half.
_BROKER = (
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
)
_ALONE = ("-Xmx1g", *_BROKER)
_ONE_OF_THREE = ("-Xmx512m", *_BROKER)

# Processes through which no records pass use only the quick compiler: they start with half
# the CPU time (measured 2026-11-22: 2.7 to 3.1 s instead of 4.6 to 5.1 s). With it alone, a
# broker would also start faster but stay slow, so it gets both compilers.
_BESIDE = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

JARS = {Mode.KRAFT: KAFKA_4, Mode.ZOOKEEPER: KAFKA_3}


def cluster_id(data: Path) -> str | None:
    """The cluster id in the data folder of a broker; None as long as there is none."""
    for properties in sorted(data.glob("node-*/meta.properties")):
        # If it is damaged, Kafka will complain.
        with suppress(Malformed):
            found = parse(properties.read_text(encoding="latin-1")).get("cluster.id")
            if found:
                return found
    return None


@dataclass(frozen=True, slots=True)
class Site:
    """The place of a planned broker: its identity, folders, Java and jars."""

    name: str
    marker: str
    folder: Path
    logs: Path
    data: Path
    java: Java
    jars: tuple[Path, ...]

    def command(
        self, machine: tuple[str, ...], logging: str, main: str, *arguments: str
    ) -> tuple[str, ...]:
        """The command line of one Java process, with the marker that says whose it is."""
        return (
            str(self.java.executable),
            *machine,
            "-Djava.awt.headless=true",
            # Libraries that Kafka unpacks are removed with the broker's folder.
            f"-Djava.io.tmpdir={self.folder}",
            f"-Dhotloop.broker={self.marker}",
            logging,
            "-cp",
            ":".join(str(jar) for jar in self.jars),
            main,
            *arguments,
        )


def kraft_plan(site: Site, ports: Sequence[Ports], cluster_id: str) -> Plan:
    """A cluster of KRaft nodes, one for each of ``ports``; writes their settings' files.

    ``cluster_id`` formats the data folders that are still empty.
    """
    logging = _write(site.folder / "log4j2.properties", kraft.LOG4J2)
    logging_option = f"-Dlog4j2.configurationFile={logging}"
    machine = _ALONE if len(ports) == 1 else _ONE_OF_THREE
    processes, prepare = [], []
    for node, own in enumerate(ports, start=1):
        data = site.data / f"node-{node}"
        data.mkdir(parents=True, exist_ok=True)
        settings = _write(
            site.folder / f"node-{node}.properties", kraft.node_properties(node, ports, data)
        )
        log = str(site.logs / f"node-{node}.log")
        command = site.command(machine, logging_option, "kafka.Kafka", settings)
        processes.append(Process(node, command, log, own.client))
        if not (data / "meta.properties").exists():
            prepare.append(
                site.command(
                    _BESIDE,
                    logging_option,
                    "kafka.tools.StorageTool",
                    *("format", "--cluster-id", cluster_id, "--config", settings),
                )
            )
    return _plan(site, Mode.KRAFT, KAFKA_4, processes, prepare)


def zookeeper_plan(site: Site, port: int, zookeeper_port: int) -> Plan:
    """ZooKeeper and one broker; writes their settings' files. Neither needs formatting."""
    logging = _write(site.folder / "log4j.properties", zookeeper.LOG4J)
    options = f"-Dlog4j.configuration=file:{logging}"
    settings = {
        ZOOKEEPER_NODE: zookeeper.zookeeper_properties(zookeeper_port, site.data / "zookeeper"),
        1: zookeeper.broker_properties(port, zookeeper_port, site.data / "node-1"),
    }
    mains = {
        ZOOKEEPER_NODE: (
            "zookeeper",
            zookeeper_port,
            _BESIDE,
            "org.apache.zookeeper.server.quorum.QuorumPeerMain",
        ),
        1: ("node-1", port, _ALONE, "kafka.Kafka"),
    }
    processes = []
    for node, (label, own_port, machine, main) in mains.items():
        (site.data / label).mkdir(parents=True, exist_ok=True)
        path = _write(site.folder / f"{label}.properties", settings[node])
        command = site.command(machine, options, main, path)
        processes.append(Process(node, command, str(site.logs / f"{label}.log"), own_port))
    return _plan(site, Mode.ZOOKEEPER, KAFKA_3, processes, [])


def _plan(
    site: Site,
    mode: Mode,
    jar_set: JarSet,
    processes: list[Process],
    prepare: list[tuple[str, ...]],
) -> Plan:
    return Plan(
        name=site.name,
        marker=site.marker,
        mode=mode,
        version=jar_set.version,
        processes=tuple(processes),
        prepare=tuple(prepare),
        logs=str(site.logs),
        data=str(site.data),
        grace_s=GRACE_S,
    )


def _write(path: Path, text: str) -> str:
    path.write_text(text, encoding="ascii")
    return str(path)
