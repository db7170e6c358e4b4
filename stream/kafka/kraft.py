"""The settings of a KRaft node: broker and controller in one process.

With three nodes every topic that asks for it has three copies, and a write with
acks=all is acknowledged by at least two. All listeners are on loopback.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stream.kafka.ports import LOOPBACK
from stream.kafka.properties import render

REPLICAS_TO_ACKNOWLEDGE = 2

# Fewer than Kafka's 50, so that a first consumer group waits for 4 logs and not for 50.
# A group lives in one of them, so this does not affect the figures of one group.
OFFSETS_PARTITIONS = 4

# In the group protocol of Kafka 4 the broker, not the client, says when a silent member is dead:
# after 6 s, like the shortest session of a client, with heartbeats three times as often.
CONSUMER_SESSION_S = 6.0
HEARTBEATS_PER_SESSION = 3
MS_PER_S = 1000

LOG4J2 = render(
    {
        "status": "error",
        "appender.out.type": "Console",
        "appender.out.name": "out",
        "appender.out.layout.type": "PatternLayout",
        "appender.out.layout.pattern": "%d{yyyy-MM-dd HH:mm:ss.SSS} %p %c{1}: %m%n",
        "rootLogger.level": "INFO",
        "rootLogger.appenderRef.out.ref": "out",
    }
)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where one node listens: for clients, and for the other controllers."""

    client: int
    controller: int


def common(nodes: int) -> dict[str, object]:
    """The settings that both kinds of broker share; everything else is Kafka's default."""
    acknowledging = min(nodes, REPLICAS_TO_ACKNOWLEDGE)
    return {
        # A mistyped topic must be an error, not a new topic.
        "auto.create.topics.enable": "false",
        "default.replication.factor": nodes,
        "min.insync.replicas": acknowledging,
        "offsets.topic.replication.factor": nodes,
        "offsets.topic.num.partitions": OFFSETS_PARTITIONS,
        "transaction.state.log.replication.factor": nodes,
        "transaction.state.log.min.isr": acknowledging,
        "transaction.state.log.num.partitions": OFFSETS_PARTITIONS,
        # Kafka waits 3 s for further members before the first assignment; a worker's join
        # time should be its own.
        "group.initial.rebalance.delay.ms": 0,
        # Allows a session time-out below Kafka's 6 s, for faults that wait for one to end.
        "group.min.session.timeout.ms": 1000,
    }


def node_properties(node: int, ports: Sequence[Ports], data: Path) -> str:
    """The server.properties of node ``node`` (counted from 1) of a cluster on ``ports``."""
    own = ports[node - 1]
    voters = ",".join(f"{at}@{LOOPBACK}:{one.controller}" for at, one in enumerate(ports, start=1))
    return render(
        {
            "process.roles": "broker,controller",
            "node.id": node,
            "controller.quorum.voters": voters,
            "listeners": (
                f"PLAINTEXT://{LOOPBACK}:{own.client},CONTROLLER://{LOOPBACK}:{own.controller}"
            ),
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{own.client}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": data,
            **common(len(ports)),
            **_consumer_groups(),
            "share.coordinator.state.topic.replication.factor": len(ports),
            "share.coordinator.state.topic.min.isr": min(len(ports), REPLICAS_TO_ACKNOWLEDGE),
            "share.coordinator.state.topic.num.partitions": OFFSETS_PARTITIONS,
        }
    )


def _consumer_groups() -> dict[str, object]:
    """KIP-848's settings; the defaults are 45 s and 5 s, the lowest values allowed too."""
    session_ms = int(CONSUMER_SESSION_S * MS_PER_S)
    heartbeat_ms = session_ms // HEARTBEATS_PER_SESSION
    return {
        "group.consumer.min.session.timeout.ms": session_ms,
        "group.consumer.session.timeout.ms": session_ms,
        "group.consumer.min.heartbeat.interval.ms": heartbeat_ms,
        "group.consumer.heartbeat.interval.ms": heartbeat_ms,
    }
