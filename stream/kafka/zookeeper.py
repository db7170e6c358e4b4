"""The settings of the recipe's own pair: one ZooKeeper, and one Kafka 3.9 that uses it."""

from pathlib import Path

from stream.kafka.kraft import common
from stream.kafka.ports import LOOPBACK
from stream.kafka.properties import render

# ZooKeeper's unit of time; its session time-outs are 2 to 20 of them.
TICK_MS = 2000

LOG4J = render(
    {
        "log4j.rootLogger": "INFO, out",
        "log4j.appender.out": "org.apache.log4j.ConsoleAppender",
        "log4j.appender.out.layout": "org.apache.log4j.PatternLayout",
        "log4j.appender.out.layout.ConversionPattern": (
            "%d{yyyy-MM-dd HH:mm:ss.SSS} %p %c{1}: %m%n"
        ),
    }
)


def zookeeper_properties(port: int, data: Path) -> str:
    """The configuration of a ZooKeeper for one broker, without its web server."""
    return render(
        {
            "dataDir": data,
            "clientPort": port,
            "clientPortAddress": LOOPBACK,
            "tickTime": TICK_MS,
            "admin.enableServer": "false",
        }
    )


def broker_properties(port: int, zookeeper_port: int, data: Path) -> str:
    """The server.properties of the one broker, number 1."""
    return render(
        {
            "broker.id": 1,
            "listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
            "zookeeper.connect": f"{LOOPBACK}:{zookeeper_port}",
            "log.dirs": data,
            **common(1),
        }
    )
