"""A listener of a real Kafka that lets clients in by SCRAM over TLS only.

A broker that starts in ``also_secured`` has it beside its own, with a certificate made here.
"""

import os
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from stream.environment import variables
from stream.kafka import kraft
from stream.kafka.jars import KAFKA_4
from stream.kafka.java import find_java
from stream.kafka.kraft import Ports
from stream.kafka.ports import ANY, LOOPBACK, free_ports
from stream.kafka.properties import parse, render
from stream.kafka.running import Broker
from tests.broker.quick_java import PLAIN

# As odd as Kafka's own tool for making users takes them.
USER, PASSWORD = "me 'us'", "hunter2\\#!: ;"
STORE_PASSWORD = "changeit"
# Kafka's least.
ITERATIONS = 4096
REQUEST_S = 60.0
# A key is made anew long before its 90 days are over.
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Secured:
    """Where it listens, and the certificate that it has signed itself."""

    bootstrap: str
    certificate: Path


@contextmanager
def also_secured(cache: Path) -> Iterator[None]:
    """Single nodes that start in this context have the listener; its key stays in ``cache``."""
    store = cache / "broker.p12"
    # A Java of its own makes it.
    if not store.exists() or time.time() - store.stat().st_mtime > DAY_S:
        _make(store)
    plain = kraft.node_properties

    def both(node: int, ports: Sequence[Ports], data: Path) -> str:
        settings = parse(plain(node, ports, data))
        (port,) = free_ports([ANY])
        added = {
            "listeners": f"SASL_SSL://{LOOPBACK}:{port}",
            "advertised.listeners": f"SASL_SSL://localhost:{port}",
            "listener.security.protocol.map": "SASL_SSL:SASL_SSL",
        }
        return render(
            settings
            | {name: f"{settings[name]},{value}" for name, value in added.items()}
            | {
                "sasl.enabled.mechanisms": "SCRAM-SHA-512",
                "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": (
                    "org.apache.kafka.common.security.scram.ScramLoginModule required;"
                ),
                "ssl.keystore.location": str(store),
                "ssl.keystore.password": STORE_PASSWORD,
            }
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kraft, "node_properties", both)
        yield


def secured(broker: Broker, folder: Path) -> Secured:
    """The listener of a broker that has it, and now its one user."""
    upsertion = UserScramCredentialUpsertion(
        USER,
        ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS),
        PASSWORD.encode(),
    )
    client = AdminClient({"bootstrap.servers": broker.bootstrap})
    for altered in client.alter_user_scram_credentials([upsertion]).values():
        altered.result(REQUEST_S)
    settings = parse((broker.folder / "node-1.properties").read_text(encoding="ascii"))
    port = int(settings["listeners"].rpartition(":")[2])
    certificate = folder / "broker.pem"
    certificate.write_text(ssl.get_server_certificate((LOOPBACK, port)))
    return Secured(f"localhost:{port}", certificate)


def _make(store: Path) -> None:
    new = store.with_suffix(f".{os.getpid()}")
    new.unlink(missing_ok=True)
    keytool = find_java(KAFKA_4.minimum_java).executable.with_name("keytool")
    own = ["-keystore", str(new), "-storepass", STORE_PASSWORD, "-alias", "broker"]
    names = ["-dname", "CN=localhost", "-ext", "san=dns:localhost,ip:127.0.0.1"]
    quick = [f"-J{option}" for option in PLAIN]
    done = subprocess.run(
        [str(keytool), *quick, "-genkeypair", "-keyalg", "EC", *names, *own],
        capture_output=True,
        text=True,
        env=variables(),
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    new.replace(store)
