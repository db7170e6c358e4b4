"""The file of ``--security``: client properties, read once, and checked in full or refused.

    security.protocol=SASL_SSL            PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL
    sasl.mechanism=SCRAM-SHA-512          PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
    sasl.username=... sasl.password=...   or Java's sasl.jaas.config
    ssl.ca.location=ca.pem                or Java's ssl.truststore.location, of type PEM
    ssl.certificate.location=me.pem       ssl.key.location, ssl.key.password; or Java's
                                          ssl.keystore.location, of type PEM
    ssl.endpoint.identification.algorithm https, or empty (none) for no check of the host's name

What not every client can apply is refused: a login that is only half used is less secure than its
author wanted. Messages name the file, the line and a known setting. They show neither a value nor
an unknown name, which may be a piece of a key.
"""

import difflib
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from hotloop.base.errors import UsageError
from stream.cluster.security import MECHANISMS, PROTOCOLS, Security
from stream.kafka import jaas
from stream.kafka.properties import Entry, Malformed, entries

PROTOCOL = "security.protocol"
MECHANISM = "sasl.mechanism"
NAME_CHECK = "ssl.endpoint.identification.algorithm"
JAAS = "sasl.jaas.config"
# Another spelling of a setting, and the one used here.
SAME = {"sasl.mechanisms": MECHANISM}
FILES = ("ssl.ca.location", "ssl.certificate.location", "ssl.key.location")
# Java's stores, and the names that other clients have for a store of type PEM.
STORES = {
    "ssl.truststore": ("ssl.ca.location",),
    "ssl.keystore": ("ssl.certificate.location", "ssl.key.location"),
}
STORE_SETTINGS = frozenset(f"{store}.{what}" for store in STORES for what in ("type", "location"))
TAKEN = frozenset(
    {
        PROTOCOL,
        MECHANISM,
        "sasl.username",
        "sasl.password",
        "ssl.key.password",
        NAME_CHECK,
        *FILES,
    }
)
KNOWN = TAKEN | SAME.keys() | STORE_SETTINGS | {JAAS}
# Names that are safe to show, and why each is refused.
REFUSED = {
    "ssl.truststore.password": "belongs to a Java key store",
    "ssl.keystore.password": "belongs to a Java key store",
    "ssl.truststore.certificates": "has the certificates in it",
    "ssl.keystore.certificate.chain": "has a certificate in it",
    "ssl.keystore.key": "has a key in it",
}
PEM_ADVICE = (
    "give PEM files in ssl.ca.location, ssl.certificate.location and ssl.key.location "
    "(openssl pkcs12 makes them of a PKCS12 store, keytool -importkeystore that of a JKS one)"
)
PREFIXES = ("producer.", "consumer.", "admin.")
LOGIN_MODULES = {
    "org.apache.kafka.common.security.plain.PlainLoginModule": ("PLAIN",),
    "org.apache.kafka.common.security.scram.ScramLoginModule": MECHANISMS[1:],
}
LARGEST_BYTES = 1 << 20
# What Kafka's own clients strip from both ends of a value, as String.trim does.
TRIMMED = "".join(map(chr, range(0x21)))


def load(path: Path) -> Security:
    """The login in the file ``path``. Raises UsageError with the line that cannot be applied."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"cannot read the security settings in {path}: {error.strerror or error}"
        ) from None
    if len(raw) > LARGEST_BYTES:
        raise UsageError(f"{path} is too large for security settings: give a properties file")
    return _Reading(str(path)).login(raw)


def _unreadable(path: Path) -> str | None:
    """Why a file cannot be read; its name may be a secret by mistake, so it is not shown."""
    try:
        # Opening a pipe would wait for its writer.
        if not stat.S_ISREG(path.stat().st_mode):
            return "is no regular file"
        with path.open("rb"):
            return None
    except (FileNotFoundError, NotADirectoryError):
        return "is not there"
    except (OSError, ValueError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or 'no such name can be'}"


class _Reading:
    """One file while it is read."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lines: dict[str, int] = {}

    def login(self, raw: bytes) -> Security:
        given = self._settings(raw)
        self._java_stores(given)
        self._jaas(given)
        protocol = self._one_of(given, PROTOCOL, PROTOCOLS)
        if protocol is None:
            raise self._fault(
                f"there is no {PROTOCOL}, and Kafka's default is no security at all: "
                f"say {', '.join(PROTOCOLS[1:])}, or {PROTOCOLS[0]}"
            )
        self._one_of(given, MECHANISM, MECHANISMS)
        self._one_of(given, NAME_CHECK, ("https", "none"))
        self._complete(given, protocol)
        for setting in FILES:
            if setting in given:
                path = Path(given[setting]).absolute()
                fault = _unreadable(path)
                if fault is not None:
                    raise self._fault(f"{setting} names a file that {fault}", setting)
                # The processes of a run have other current folders.
                given[setting] = str(path)
        return Security(dict(sorted(given.items())))

    def _settings(self, raw: bytes) -> dict[str, str]:
        """Known settings and their values; refuses empty and unknown ones and contradictions."""
        given: dict[str, str] = {}
        try:
            # Java reads the file as Latin-1 and others as UTF-8: ASCII is the same for all.
            found = list(entries(raw.decode("latin-1")))
        except Malformed as error:
            raise self._fault(error.fault, line=error.line) from None
        for entry in found:
            setting, value = self._known(entry), entry.value.strip(TRIMMED)
            if setting == NAME_CHECK:
                value = value.lower() or "none"
            if not value:
                raise self._fault(f"{setting} has no value", line=entry.line)
            if given.setdefault(setting, value) != value:
                raise self._fault(
                    f"{setting} differs from what line {self._lines[setting]} says",
                    line=entry.line,
                )
            self._lines.setdefault(setting, entry.line)
        return given

    def _known(self, entry: Entry) -> str:
        """The setting's name, if it can be applied."""
        if not entry.source.isascii():
            raise self._fault(
                "a letter beyond ASCII, which Java and other clients read differently: "
                "write it as \\uXXXX, and the file without a byte order mark",
                line=entry.line,
            )
        if "\0" in entry.name + entry.value:
            raise self._fault("a NUL: save the file as plain text", line=entry.line)
        setting = SAME.get(entry.name, entry.name)
        if setting in KNOWN:
            return setting
        if setting in REFUSED:
            raise self._fault(f"{setting} {REFUSED[setting]}: {PEM_ADVICE}", line=entry.line)
        for prefix in PREFIXES:
            if setting.removeprefix(prefix) in KNOWN and setting.startswith(prefix):
                raise self._fault(
                    f"a setting with the prefix {prefix}, which clients do not know: "
                    "write it without",
                    line=entry.line,
                )
        near = difflib.get_close_matches(setting, KNOWN, 1)
        raise self._fault(
            "this is no security setting that hotloop can honour"
            + (f"; did you mean {near[0]}?" if near else f": it knows {', '.join(sorted(TAKEN))}"),
            line=entry.line,
        )

    def _java_stores(self, given: dict[str, str]) -> None:
        """Java's PEM stores under the names that the other clients have for them."""
        for store, settings in STORES.items():
            location, kind = given.pop(f"{store}.location", None), given.pop(f"{store}.type", None)
            if location is None and kind is None:
                continue
            named = f"{store}.location" if location is not None else f"{store}.type"
            # Without a type Java expects a store of its own kind.
            if location is None or kind is None or kind.upper() != "PEM":
                raise self._fault(
                    f"{named} is of a Java key store, which Python's clients cannot read: "
                    f"{PEM_ADVICE}",
                    named,
                )
            for setting in settings:
                self._add(given, setting, location, named)

    def _jaas(self, given: dict[str, str]) -> None:
        """User and password from Java's form of a login."""
        if JAAS not in given:
            return
        try:
            login = jaas.parse(given.pop(JAAS))
        except jaas.Malformed as error:
            raise self._fault(f"{JAAS} {error}", JAAS) from None
        mechanisms = LOGIN_MODULES.get(login.module)
        if mechanisms is None:
            raise self._fault(
                f"{JAAS} names a login module that hotloop has no counterpart for: it takes "
                f"{' and '.join(name.rpartition('.')[2] for name in LOGIN_MODULES)}",
                JAAS,
            )
        mechanism = given.get(MECHANISM)
        if mechanism is not None and mechanism.upper() not in mechanisms:
            raise self._fault(f"{JAAS} names a login module for another {MECHANISM}", JAAS)
        if not login.options.keys() <= {"username", "password"}:
            raise self._fault(f"{JAAS} has an option beside username and password", JAAS)
        for option, value in login.options.items():
            if not value:
                raise self._fault(f"{JAAS} has an empty {option}", JAAS)
            self._add(given, f"sasl.{option}", value, JAAS)

    def _add(self, given: dict[str, str], setting: str, value: str, source: str) -> None:
        """Add ``setting`` from ``source``; refuse it if the file itself gives another value."""
        if given.setdefault(setting, value) != value:
            raise self._fault(
                f"{source} differs from {setting} in line {self._lines[setting]}", source
            )
        self._lines.setdefault(setting, self._lines[source])

    def _one_of(self, given: dict[str, str], setting: str, allowed: Sequence[str]) -> str | None:
        if setting not in given:
            return None
        by_upper = {one.upper(): one for one in allowed}
        value = by_upper.get(given[setting].upper())
        if value is None:
            raise self._fault(f"{setting} is not one of {', '.join(allowed)}", setting)
        given[setting] = value
        return value

    def _complete(self, given: Mapping[str, str], protocol: str) -> None:
        """Check that nothing is missing that the protocol needs, or there that it ignores."""
        uses = {"sasl": protocol.startswith("SASL"), "ssl": protocol.endswith("SSL")}
        for setting in given:
            if not uses.get(setting.partition(".")[0], True):
                raise self._fault(
                    f"{setting} would have no effect with this {PROTOCOL}: change one of the two",
                    setting,
                )
        if uses["sasl"]:
            self._needs(given, PROTOCOL, MECHANISM, "sasl.username", "sasl.password")
        _, certificate, key = FILES
        for one, other in ((certificate, key), (key, certificate)):
            if one in given:
                self._needs(given, one, other)
        if "ssl.key.password" in given:
            self._needs(given, "ssl.key.password", "ssl.key.location")

    def _needs(self, given: Mapping[str, str], setting: str, *others: str) -> None:
        for other in others:
            if other not in given:
                raise self._fault(f"{setting} needs {other}, which is not there", setting)

    def _fault(
        self, fault: str, setting: str | None = None, *, line: int | None = None
    ) -> UsageError:
        at = self._lines.get(setting or "") if line is None else line
        where = f", line {at}" if at else ""
        return UsageError(f"the security settings in {self._name}{where}: {fault}")
