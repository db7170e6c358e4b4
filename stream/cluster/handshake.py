"""What answers at HOST:PORT, and is it a Kafka that the clients can use?

One ApiVersions request, version 0, which every Kafka since 0.10 answers before
any login (https://kafka.apache.org/protocol, KIP-35):

    request   size, key 18, version 0, correlation id, client id
    response  size, correlation id, error, count, (key, lowest, highest) ...
"""

import socket
import ssl
import struct
from collections.abc import Iterable

from hotloop.base.errors import MeasurementError
from stream.cluster.addresses import Address

CONNECT_TIMEOUT_S = 3.0

_API_VERSIONS = 18
_CORRELATION = 0x686F74
_CLIENT = b"hotloop"
_LONGEST_ANSWER_BYTES = 1 << 16

# Requests that a version introduced, newest last: a broker that knows one is at least that new.
_SINCE = (
    (18, "0.10"),
    (22, "0.11"),  # InitProducerId: idempotent producers
    (42, "1.1"),  # DeleteGroups
    (44, "2.3"),  # IncrementalAlterConfigs
    (57, "2.7"),  # UpdateFeatures
    (60, "2.8"),  # DescribeCluster
    (68, "3.7"),  # ConsumerGroupHeartbeat
    (76, "4.1"),  # ShareGroupHeartbeat
)
_NEEDED = 22


class Unreachable(MeasurementError):
    """Nothing usable at an address; ``fault`` is what is wrong there, without the advice."""

    def __init__(self, fault: str, advice: str) -> None:
        super().__init__(f"{fault}: {advice}")
        self.fault = fault


def ask(address: Address, context: ssl.SSLContext | None) -> dict[int, tuple[int, int]]:
    """The requests that the broker at ``address`` accepts: key to (lowest, highest) version.

    Raises Unreachable if nothing answers, or something that is not Kafka.
    """
    try:
        with socket.create_connection((address.host, address.port), CONNECT_TIMEOUT_S) as plain:
            plain.settimeout(CONNECT_TIMEOUT_S)
            if context is None:
                return _exchange(plain)
            with context.wrap_socket(plain, server_hostname=address.host) as encrypted:
                return _exchange(encrypted)
    except ssl.SSLError as error:
        raise Unreachable(
            f"{address} refuses a TLS connection ({error.reason or error})",
            "check the port and the security settings",
        ) from None
    except TimeoutError:
        raise Unreachable(
            f"{address} does not answer within {CONNECT_TIMEOUT_S:.0f} s", "check --bootstrap"
        ) from None
    except OSError as error:
        raise Unreachable(
            f"cannot reach {address} ({error.strerror or error})",
            "check --bootstrap, or leave it out for a broker of hotloop's own",
        ) from None
    except UnicodeError:
        # A name with a label of more than 63 letters.
        raise Unreachable(f"{address.host[:60]} is no name of a host", "check it") from None
    except (EOFError, struct.error, ValueError):
        raise Unreachable(
            f"{address} answers, but not as Kafka 0.10 or newer does",
            "check the port, and whether it wants TLS (security.protocol=SSL in the security "
            "settings)",
        ) from None


def check_advertised(
    asked: str, advertised: Iterable[Address], context: ssl.SSLContext | None
) -> None:
    """Raise MeasurementError if a broker of the cluster is not where the cluster says it is.

    A client asks one address about the cluster and then connects to those in the answer.
    """
    for address in advertised:
        try:
            ask(address, context)
        except Unreachable as error:
            raise MeasurementError(
                f"the cluster answers at {asked}, but sends its clients to {address}, and from "
                f"here: {error.fault}. Set advertised.listeners of that broker to an address that "
                "works here, or run hotloop where that one does"
            ) from None


def oldest_version(keys: dict[int, tuple[int, int]]) -> str:
    """The lowest version of Kafka that a broker with these requests can be."""
    return [version for key, version in _SINCE if key in keys or key == _SINCE[0][0]][-1]


def is_too_old(keys: dict[int, tuple[int, int]]) -> bool:
    """Whether the broker lacks what the load generator needs."""
    return _NEEDED not in keys


def _exchange(connection: socket.socket) -> dict[int, tuple[int, int]]:
    request = struct.pack(">hhih", _API_VERSIONS, 0, _CORRELATION, len(_CLIENT)) + _CLIENT
    connection.sendall(struct.pack(">i", len(request)) + request)
    (size,) = struct.unpack(">i", _read(connection, 4))
    if not 0 < size <= _LONGEST_ANSWER_BYTES:
        raise ValueError(size)
    answer = _read(connection, size)
    correlation, error, count = struct.unpack_from(">ihi", answer)
    if correlation != _CORRELATION or error:
        raise ValueError(error)
    rows = struct.iter_unpack(">hhh", answer[10 : 10 + 6 * count])
    return {key: (lowest, highest) for key, lowest, highest in rows}


def _read(connection: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts
