"""Random addresses and shells: understood the same by every client, or refused and not shown."""

import os
import random

from hotloop.base.errors import UsageError
from stream.cluster import addresses
from stream.cluster.security import PROTOCOLS
from stream.environment import ALLOWED, LANGUAGE, variables

PASSWORD = "Zq7x"
GOOD_HOSTS = ("a", "kafka-1.example.org", "10.0.0.7", "[::1]", "[2001:db8::7]", "b_c")
HOSTS = (*GOOD_HOSTS, "::1", "1.2.3", "\xfc", "-a", "a..b", "[a]")
GOOD_PORTS = ("9092", "1", "65535")
PORTS = (*GOOD_PORTS, "0", "65536", "", "9092x", "-1", "\u0663", "09092", "9" * 30)
GOOD_SCHEMES = ("", "", "", "kafka://", "PLAINTEXT://")
SCHEMES = (*GOOD_SCHEMES, "SSL://", "sasl_ssl://", "http://", "//", "KAFKA:/")
OTHERS = ("LC_ALL", "LANG", "LC_NUMERIC", "JAVA_TOOL_OPTIONS", "CLASSPATH", "BROKER_URL")


def draw(seed: int) -> str:
    """What somebody may write behind --bootstrap."""
    rng = random.Random(seed)
    parts = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        plain = rng.random() < 0.6
        host = rng.choice(GOOD_HOSTS if plain else HOSTS)
        port = rng.choice(GOOD_PORTS if plain else PORTS)
        login = rng.choice(("", "", "", f"me:{PASSWORD}@", f"{PASSWORD}@")) if not plain else ""
        scheme = rng.choice(GOOD_SCHEMES if plain else SCHEMES)
        parts.append(f"{scheme}{login}{host}:{port}" + rng.choice(("", "", "", "/", " ", "\t")))
    text = rng.choice((",", ", ", ";", " ,", ",,")).join(parts)
    if rng.random() < 0.1:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(("\n", "\0", "\x1b[31m", ":", "[", ",", " ")) + text[at:]
    return text


def try_seed(seed: int) -> list[str]:
    """What is wrong with the reading of that seed's text, and of its shell."""
    from aiokafka.conn import get_ip_port_afi
    from faust.transport.drivers.aiokafka import server_list
    from faust.utils.urls import urllist

    rng = random.Random(seed)
    text, protocol = draw(seed), rng.choice(PROTOCOLS)
    findings = _try_shell(rng)
    try:
        found = addresses.parse(text, protocol)
    except UsageError as error:
        said = str(error)
        return findings + [f"shown: {said!r}"] * (PASSWORD in said or not said.isprintable())
    plain = addresses.plain(found)
    servers = addresses.servers(plain)
    read = {
        "itself": addresses.parse(plain, protocol),
        "aiokafka": tuple(addresses.Address(*get_ip_port_afi(one)[:2]) for one in servers),
        "faust": tuple(
            addresses.Address(*get_ip_port_afi(one)[:2])
            for one in server_list(urllist(addresses.urls(plain)), 1)
        ),
    }
    return findings + [
        f"{text!r}: {client} reads {theirs}, not {found}"
        for client, theirs in read.items()
        if theirs != found
    ]


def _try_shell(rng: random.Random) -> list[str]:
    shell = {
        name: rng.choice(("", "x", "de_DE.UTF-8", "/a:/b", "::b"))
        for name in (*sorted(ALLOWED), *OTHERS)
    }
    shell["PYTHONPATH"] = os.pathsep.join(rng.choices(("", ".", "lib", "/lib"), k=rng.randrange(4)))
    given = variables(shell)
    known = {*ALLOWED, *LANGUAGE, "PYTHONPATH"}
    findings = [f"{name} gets through" for name in given if name not in known]
    if given["LC_ALL"] != "C.UTF-8":
        findings.append("the language is not ours")
    if not all(map(os.path.isabs, given["PYTHONPATH"].split(os.pathsep))):
        findings.append(f"the search path depends on the folder: {given['PYTHONPATH']}")
    return findings
