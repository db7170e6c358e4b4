"""Where a cluster is: one type for its brokers, and the form that each client needs.

A user may write what any of these tools accepts: ``a:9092, b:9092``, ``kafka://a:9092``,
``kafka://a:9092;kafka://b:9092``, ``SASL_SSL://a:9092``, ``[::1]:9092``. Everything after the
command line uses the plain form, ``a:9092,b:9092``, which librdkafka and Java's tools read.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.base.errors import UsageError

LAST_PORT = 65535
# Faust's scheme says nothing about security; Kafka's listeners are named after it.
PLAIN_SCHEME = "KAFKA"

_ENTRY = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z_+]*)://)?"
    r"(?:(?P<name>[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,253}))|\[(?P<six>[0-9A-Fa-f:.]+)\])"
    r":(?P<port>[0-9]{1,5})/?"
)
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Address:
    """One broker's host and port; an IPv6 address is without its brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse(text: str, protocol: str = "PLAINTEXT") -> tuple[Address, ...]:
    """The addresses in what a user wrote, each once, in that order.

    ``protocol`` is that of the security settings; a listener's name must not contradict it.
    Raises UsageError; a login before a host is refused and not shown.
    """
    # In the whole text: a password may contain a comma, and no piece of it may be shown.
    if "@" in text:
        raise UsageError(
            "--bootstrap takes no user and password in front of a host: put them into a file of "
            "client properties and give that with --security"
        )
    found = [_parse_one(part.strip(), protocol) for part in re.split("[,;]", text)]
    return tuple(dict.fromkeys(found))


def plain(addresses: Sequence[Address]) -> str:
    """``HOST:PORT,HOST:PORT``: for librdkafka, for Java, and between our own processes."""
    return ",".join(map(str, addresses))


def servers(bootstrap: str) -> list[str]:
    """The plain form as a list: for aiokafka and FastStream, which takes a text for one host."""
    return bootstrap.split(",")


def urls(bootstrap: str) -> list[str]:
    """The plain form as Faust takes it."""
    return [f"kafka://{server}" for server in servers(bootstrap)]


def _parse_one(part: str, protocol: str) -> Address:
    entry = _ENTRY.fullmatch(part)
    port = int(entry["port"]) if entry else 0
    host = _host(entry["name"], entry["six"]) if entry else None
    if entry is None or host is None or not 0 < port <= LAST_PORT:
        shown = repr(part[:_SHOWN]) if part.isprintable() and part.isascii() else "this"
        what = f"not {shown}" if part else "and one of these is empty"
        raise UsageError(
            f"--bootstrap takes HOST:PORT[,HOST:PORT...], ports from 1 to {LAST_PORT}, {what}"
        )
    scheme = (entry["scheme"] or PLAIN_SCHEME).upper()
    if scheme not in (PLAIN_SCHEME, protocol):
        raise UsageError(
            f"--bootstrap says {scheme[:_SHOWN]}://, but the security settings say {protocol}: "
            "leave it out of the address, or give --security FILE with that security.protocol"
        )
    return Address(host, port)


def _host(name: str | None, six: str | None) -> str | None:
    """The host in the form that every client reads alike; None if it is none."""
    try:
        if name is None:
            return str(ipaddress.IPv6Address(six or ""))
        # Digits and dots alone are an IPv4 address or a mistake.
        if re.fullmatch(r"[0-9.]+", name):
            return str(ipaddress.IPv4Address(name))
    except ValueError:
        return None
    return None if ".." in name else name
