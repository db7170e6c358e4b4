"""Which jars make a broker.

Every jar of a set is recorded in ``<set>.sha256`` beside this file, in the
form of sha256sum, by its place in a Maven repository (``sha256sum -c`` in the
cache folder checks it too). ``python -m stream.kafka.jars_record`` writes the lists again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Say = Callable[[str], None]

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Root:
    """Where resolution starts: a Maven coordinate, alone or with what it needs."""

    coordinate: str
    alone: bool = False


@dataclass(frozen=True, slots=True)
class JarSet:
    """The jars of one broker; ``minimum_java`` is what its classes were compiled for."""

    name: str
    version: str
    minimum_java: int
    roots: tuple[Root, ...]


@dataclass(frozen=True, slots=True)
class Jar:
    """A recorded jar: ``place`` is its path in a Maven repository, ``sha256`` in hex."""

    place: str
    sha256: str


# The newest 4.x on 2026-11-22. Its kafka-tools (kafka-consumer-perf-test) is not on
# Maven Central; that of 4.3.1 works with the clients of 4.4.0. It comes without its
# dependencies, which are Connect and a web server. The logging backend is the one that
# Kafka's own distribution ships; without one, Kafka logs nothing.
KAFKA_4 = JarSet(
    name="kafka-4",
    version="4.4.0",
    minimum_java=17,
    roots=(
        Root("org.apache.kafka:kafka_2.13:4.4.0"),
        Root("org.apache.kafka:kafka-tools:4.3.1", alone=True),
        Root("org.apache.logging.log4j:log4j-slf4j-impl:2.25.5"),
    ),
)

# The last series that works with ZooKeeper; it logs through reload4j, as shipped.
KAFKA_3 = JarSet(
    name="kafka-3.9",
    version="3.9.2",
    minimum_java=11,
    roots=(
        Root("org.apache.kafka:kafka_2.13:3.9.2"),
        Root("org.apache.kafka:kafka-tools:3.9.2", alone=True),
        Root("org.slf4j:slf4j-reload4j:1.7.36"),
    ),
)

SETS = (KAFKA_4, KAFKA_3)


def recorded(jar_set: JarSet) -> tuple[Jar, ...]:
    """The recorded jars of a set, in the order of the list."""
    lines = list_path(jar_set).read_text(encoding="ascii").splitlines()
    return tuple(Jar(place, sha256) for sha256, place in (line.split("  ", 1) for line in lines))


def list_path(jar_set: JarSet) -> Path:
    """The recorded list of a set."""
    return Path(__file__).with_name(f"{jar_set.name}.sha256")


def sha256_of(path: Path) -> str | None:
    """The SHA-256 of a file in hex; None if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError:
        return None
    return digest.hexdigest()
