"""How to log in to a user's own cluster: a properties file, read once, never shown.

The file holds the settings that Kafka's and librdkafka's own tools take:

    security.protocol=SASL_SSL            PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL
    sasl.mechanism=SCRAM-SHA-512          PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
    sasl.username=... sasl.password=...   or Java's sasl.jaas.config
    ssl.ca.location=ca.pem                ssl.certificate.location, ssl.key.location,
                                          ssl.key.password,
                                          ssl.endpoint.identification.algorithm

No value goes into a message, a result or a ``repr``; messages name settings only.
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotloop.errors import UsageError
from stream.kafka.properties import parse

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")

# Another spelling of a setting, and the one used here.
_SAME = {"sasl.mechanisms": "sasl.mechanism"}
_FILES = ("ssl.ca.location", "ssl.certificate.location", "ssl.key.location")
_KNOWN = frozenset(
    {
        "security.protocol",
        "sasl.mechanism",
        "sasl.username",
        "sasl.password",
        "ssl.key.password",
        "ssl.endpoint.identification.algorithm",
        *_FILES,
    }
)
_JAAS = "sasl.jaas.config"
_JAAS_OPTION = re.compile(r'\b(username|password)\s*=\s*"((?:[^"\\]|\\.)*)"')
_JAVA_STORES = ("ssl.truststore.", "ssl.keystore.")


@dataclass(frozen=True, slots=True, repr=False)
class Security:
    """Checked settings under librdkafka's names; empty for a cluster without any security."""

    settings: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"Security({self.protocol})"

    @property
    def protocol(self) -> str:
        """One of PROTOCOLS."""
        return self._get("security.protocol") or PROTOCOLS[0]

    def librdkafka(self) -> dict[str, object]:
        """For confluent-kafka and what is built on it."""
        return dict(self.settings)

    def aiokafka(self) -> dict[str, Any]:
        """Keyword arguments for aiokafka's clients."""
        arguments: dict[str, Any] = {}
        if self.protocol != PROTOCOLS[0]:
            arguments["security_protocol"] = self.protocol
        if self.protocol.startswith("SASL"):
            arguments["sasl_mechanism"] = self._get("sasl.mechanism")
            arguments["sasl_plain_username"] = self._get("sasl.username")
            arguments["sasl_plain_password"] = self._get("sasl.password")
        context = self.ssl_context()
        if context is not None:
            arguments["ssl_context"] = context
        return arguments

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS side of it; None where connections are not encrypted."""
        if not self.protocol.endswith("SSL"):
            return None
        try:
            context = ssl.create_default_context(cafile=self._get("ssl.ca.location"))
            if self._get("ssl.endpoint.identification.algorithm") == "none":
                context.check_hostname = False
            certificate = self._get("ssl.certificate.location")
            if certificate:
                context.load_cert_chain(
                    certificate,
                    self._get("ssl.key.location"),
                    # A callable, since with None OpenSSL would ask at the terminal.
                    lambda: self._get("ssl.key.password") or "",
                )
        except (OSError, ssl.SSLError) as error:
            said = error.reason if isinstance(error, ssl.SSLError) else error.strerror
            raise UsageError(
                f"the certificates of the security settings cannot be used ({said}): "
                "check the files, their PEM form and ssl.key.password"
            ) from None
        return context

    def _get(self, name: str) -> str | None:
        return dict(self.settings).get(name)


NO_SECURITY = Security()


def load(path: str | Path | None) -> Security:
    """The settings in the properties file ``path``; none for None.

    Raises UsageError naming the setting that is unknown, missing or not supported.
    """
    if path is None:
        return NO_SECURITY
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "not text"
        raise UsageError(f"cannot read the security settings in {path}: {said}") from None
    return from_properties(parse(text))


def from_properties(properties: Mapping[str, str]) -> Security:
    """The checked settings in ``properties``; an empty value counts as absent."""
    given = {_SAME.get(name, name): value for name, value in properties.items() if value}
    # Java's way to say "do not check the host's name" is an empty value.
    if properties.get("ssl.endpoint.identification.algorithm") == "":
        given["ssl.endpoint.identification.algorithm"] = "none"
    for option, value in _JAAS_OPTION.findall(given.pop(_JAAS, "")):
        given.setdefault(f"sasl.{option}", re.sub(r"\\(.)", r"\1", value))
    _refuse_unknown(given)
    _one_of(given, "security.protocol", PROTOCOLS)
    _one_of(given, "sasl.mechanism", MECHANISMS)
    if given.get("security.protocol", "").startswith("SASL"):
        for name in ("sasl.mechanism", "sasl.username", "sasl.password"):
            if name not in given:
                raise UsageError(f"the security settings say SASL, but have no {name}")
    for name in _FILES:
        if name in given and not Path(given[name]).is_file():
            raise UsageError(f"{name} in the security settings names a file that is not there")
    return Security(tuple(sorted(given.items())))


def _refuse_unknown(given: Mapping[str, str]) -> None:
    for name in given:
        if name.startswith(_JAVA_STORES):
            raise UsageError(
                f"{name} names a Java key store, which Python's clients cannot read: "
                "give PEM files in ssl.ca.location, ssl.certificate.location, ssl.key.location"
            )
        if name not in _KNOWN:
            raise UsageError(
                f"unknown security setting {name}: known are {', '.join(sorted(_KNOWN))}"
            )


def _one_of(given: dict[str, str], name: str, allowed: tuple[str, ...]) -> None:
    if name in given:
        given[name] = given[name].upper()
        if given[name] not in allowed:
            raise UsageError(f"{name} in the security settings is not one of {', '.join(allowed)}")
