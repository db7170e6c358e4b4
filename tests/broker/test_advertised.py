"""A cluster that answers, and sends its clients to where nobody is."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from hotloop.base.errors import MeasurementError
from stream.cluster import addresses, admin
from stream.kafka.running import Broker

pytestmark = pytest.mark.broker

NOBODY_PORT = 1


@contextmanager
def misdirecting(bootstrap: str) -> Iterator[str]:
    """A way to the broker on which the port that it names for itself becomes another one."""
    (real,) = addresses.parse(bootstrap)
    named = real.host.encode() + struct.pack(">i", real.port)
    instead = real.host.encode() + struct.pack(">i", NOBODY_PORT)

    def pass_on(source: socket.socket, target: socket.socket, answers: bool) -> None:
        with source, target, suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data.replace(named, instead) if answers else data)

    def serve() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            server = socket.create_connection((real.host, real.port))
            for arguments in ((client, server, False), (server, client, True)):
                threading.Thread(target=pass_on, args=arguments, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


def test_an_advertised_address_that_cannot_be_reached_is_named(broker: Broker) -> None:
    with misdirecting(broker.bootstrap) as bootstrap, pytest.raises(MeasurementError) as caught:
        admin.reach(bootstrap)
    said = str(caught.value)
    assert f"the cluster answers at {bootstrap}, but sends its clients to 127.0.0.1:1" in said
    assert "Connection refused" in said
    assert "advertised.listeners" in said
