"""The first request to a user's cluster, against servers that answer in every wrong way."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hotloop.base.errors import MeasurementError
from stream.cluster import admin, handshake
from stream.cluster.addresses import Address
from stream.cluster.handshake import ask, is_too_old, oldest_version

OLD_KEYS = {0: (0, 2), 1: (0, 3), 3: (0, 2), 18: (0, 0)}


def answer(keys: dict[int, tuple[int, int]]) -> bytes:
    """What a broker with these requests sends to an ApiVersions request, version 0."""
    rows = b"".join(struct.pack(">hhh", key, *versions) for key, versions in keys.items())
    body = struct.pack(">ihi", 0x686F74, 0, len(keys)) + rows
    return struct.pack(">i", len(body)) + body


@contextmanager
def server(reply: bytes | None) -> Iterator[Address]:
    """A server that sends ``reply`` to whoever says something; None closes at once."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                if reply is not None:
                    connection.recv(1 << 12)
                    connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        yield Address("127.0.0.1", listening.getsockname()[1])
        thread.join()


def test_the_requests_of_a_broker_are_read() -> None:
    keys = {**OLD_KEYS, 22: (0, 5), 76: (1, 1)}
    with server(answer(keys)) as address:
        assert ask(address, None) == keys


@pytest.mark.parametrize(
    "reply",
    [
        None,
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x15\x03\x03\x00\x02\x02\x50",
        answer(OLD_KEYS)[:-1],
        struct.pack(">i", 6) + struct.pack(">ih", 1, 0),
        struct.pack(">i", -1),
    ],
)
def test_what_is_not_kafka_is_told_apart(reply: bytes | None) -> None:
    with (
        server(reply) as address,
        pytest.raises(MeasurementError, match=r"not as Kafka 0\.10|cannot reach"),
    ):
        ask(address, None)


def test_a_broker_that_is_too_old_is_one_sentence() -> None:
    with (
        server(answer(OLD_KEYS)) as address,
        pytest.raises(MeasurementError, match=r"is older than Kafka 0\.11") as caught,
    ):
        admin.reach(str(address))
    assert caught.value.exit_code == 4


def test_a_port_where_nobody_listens_is_one_sentence() -> None:
    with pytest.raises(MeasurementError, match=r"cannot reach 127\.0\.0\.1:1 \(Connection refused"):
        admin.reach("127.0.0.1:1")


@pytest.mark.parametrize(
    ("keys", "version", "too_old"),
    [
        (OLD_KEYS, "0.10", True),
        ({**OLD_KEYS, 22: (0, 0)}, "0.11", False),
        ({**OLD_KEYS, 22: (0, 4), 44: (0, 1), 57: (0, 0), 60: (0, 0)}, "2.8", False),
        ({**OLD_KEYS, 22: (0, 5), 60: (0, 1), 68: (0, 1), 76: (1, 1)}, "4.1", False),
    ],
)
def test_the_version_is_told_from_the_requests(
    keys: dict[int, tuple[int, int]], version: str, too_old: bool
) -> None:
    assert oldest_version(keys) == version
    assert is_too_old(keys) is too_old


def test_the_time_to_find_out_is_bounded() -> None:
    assert handshake.CONNECT_TIMEOUT_S + admin.REACH_TIMEOUT_S < 10
