"""How to log in to a user's own cluster: what every client gets, never shown.

``stream.cluster.login_file`` reads it from a properties file. It travels to the processes of a run
on their standard input, so that all use what was checked, even if the file changes meanwhile.

No value goes into a message, a result, a log or a ``repr``; messages name settings only.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hotloop.base.errors import UsageError

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
# Values that a client or the system may repeat in an error.
SECRETS = ("sasl.password", "ssl.key.password")
HIDDEN = "(hidden)"


@dataclass(frozen=True, slots=True, repr=False)
class Security:
    """Checked settings under librdkafka's names; empty for a cluster without any security."""

    settings: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Security({self.protocol})"

    @property
    def protocol(self) -> str:
        """One of PROTOCOLS."""
        return self.settings.get("security.protocol", PROTOCOLS[0])

    def librdkafka(self) -> dict[str, object]:
        """For confluent-kafka and clients built on it."""
        return dict(self.settings)

    def aiokafka(self) -> dict[str, Any]:
        """Keyword arguments for aiokafka's clients."""
        arguments: dict[str, Any] = {}
        if self.protocol != PROTOCOLS[0]:
            arguments["security_protocol"] = self.protocol
        if self.protocol.startswith("SASL"):
            arguments["sasl_mechanism"] = self.settings["sasl.mechanism"]
            arguments["sasl_plain_username"] = self.settings["sasl.username"]
            arguments["sasl_plain_password"] = self.settings["sasl.password"]
        context = self.ssl_context()
        if context is not None:
            arguments["ssl_context"] = context
        return arguments

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS side of it; None if connections are not encrypted."""
        if not self.protocol.endswith("SSL"):
            return None
        given = self.settings.get
        try:
            context = ssl.create_default_context(cafile=given("ssl.ca.location"))
            if given("ssl.endpoint.identification.algorithm") == "none":
                context.check_hostname = False
            certificate = given("ssl.certificate.location")
            if certificate:
                context.load_cert_chain(
                    certificate,
                    given("ssl.key.location"),
                    # A callable, since with None OpenSSL would ask at the terminal.
                    lambda: given("ssl.key.password") or "",
                )
        except (OSError, ValueError) as error:
            said = getattr(error, "reason", None) or getattr(error, "strerror", None)
            raise UsageError(
                f"the certificates of the security settings cannot be used "
                f"({said or type(error).__name__}): "
                "check the files, their PEM form and ssl.key.password"
            ) from None
        return context

    def without_secrets(self, text: str) -> str:
        """Text from somebody else, without the passwords in it."""
        for name in SECRETS:
            if name in self.settings:
                text = text.replace(self.settings[name], HIDDEN)
        return text


NO_SECURITY = Security()
