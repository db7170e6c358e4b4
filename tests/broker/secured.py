"""A real Kafka that lets clients in by SCRAM over TLS only, with certificates made here."""

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stream.environment import variables
from stream.kafka import kraft
from stream.kafka.jars import KAFKA_4
from stream.kafka.jars_cache import class_path
from stream.kafka.java import find_java
from stream.kafka.kraft import Ports
from stream.kafka.ports import ANY, LOOPBACK, await_listener, free_ports
from stream.kafka.properties import parse, render
from tests.broker.quick_java import PLAIN

# As odd as Kafka's own tool for making users takes them.
USER, PASSWORD = "me 'us'", "hunter2\\#!: ;"
STORE_PASSWORD = "changeit"
CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"
READY_WITHIN_S = 200.0


@dataclass(frozen=True, slots=True)
class Secured:
    """Where it listens, and the certificate that it has signed itself."""

    bootstrap: str
    certificate: Path


@contextmanager
def secured_broker(folder: Path) -> Iterator[Secured]:
    """One node; every port but the client's is its own affair."""
    java = find_java(KAFKA_4.minimum_java)
    store, certificate = folder / "broker.p12", folder / "broker.pem"
    keytool = java.executable.with_name("keytool")
    own = ["-keystore", str(store), "-storepass", STORE_PASSWORD, "-alias", "broker"]
    names = ["-dname", "CN=localhost", "-ext", "san=dns:localhost,ip:127.0.0.1"]
    quick = [f"-J{option}" for option in PLAIN]
    _run([str(keytool), *quick, "-genkeypair", "-keyalg", "EC", *names, *own], folder)
    client, controller, inside = free_ports([ANY, ANY, ANY])
    settings = parse(kraft.node_properties(1, [Ports(inside, controller)], folder / "data"))
    settings |= {
        "listeners": f"{settings['listeners']},SASL_SSL://{LOOPBACK}:{client}",
        "advertised.listeners": f"{settings['advertised.listeners']},SASL_SSL://localhost:{client}",
        "listener.security.protocol.map": (
            f"{settings['listener.security.protocol.map']},SASL_SSL:SASL_SSL"
        ),
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "ssl.keystore.location": str(store),
        "ssl.keystore.password": STORE_PASSWORD,
    }
    path = folder / "server.properties"
    path.write_text(render(settings))
    jars = ":".join(map(str, class_path(KAFKA_4, lambda said: None)))
    command = [str(java.executable), "-Xmx512m", *PLAIN, "-cp", jars]
    login = f'SCRAM-SHA-512=[name="{USER}",password="{PASSWORD}"]'
    tool = ["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config", str(path)]
    _run([*command, *tool, "--add-scram", login], folder)
    with (folder / "broker.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "kafka.Kafka", str(path)],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env=variables(),
            cwd=folder,
        )
    try:
        await_listener(client, READY_WITHIN_S, lambda: _lives(process, folder / "broker.log"))
        certificate.write_text(ssl.get_server_certificate((LOOPBACK, client)))
        yield Secured(f"localhost:{client}", certificate)
    finally:
        process.kill()
        process.wait()


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, env=variables(), cwd=folder, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _lives(process: "subprocess.Popen[bytes]", log: Path) -> None:
    assert process.poll() is None, log.read_text()[-2000:]
