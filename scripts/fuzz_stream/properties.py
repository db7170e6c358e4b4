"""Random login files: read as a real Kafka client in Java reads them, or refused and not shown."""

import random
import re
from pathlib import Path

from hotloop.base.errors import UsageError
from scripts.fuzz_stream.java import Java
from stream.cluster import login_file
from stream.cluster.login_file import JAAS, NAME_CHECK, SAME
from stream.cluster.security import MECHANISMS, Security
from stream.kafka import jaas
from stream.kafka.properties import Malformed, parse

# In every value and every name that is not Kafka's: no message may hold it.
MARK = "Zq7x"
SEPARATORS = ("=", " = ", ":", " : ", " ", "\t", "= ", "\f", " =", "==", "_", "")
BETWEEN = ("\n", "\r\n", "\r", "\n\n", "\n# Zq7x a comment \\\n", "\n \t! Zq7x\n", "\\\n", "\n  ")
NAMES = (
    *sorted(login_file.KNOWN),
    *login_file.REFUSED,
    *(f"consumer.{name}" for name in ("sasl.password", "security.protocol")),
    *("security.inter.broker.protocol", "Security.Protocol", "sasl.passwort", f"x.{MARK}"),
    *("bootstrap.servers", "ssl.protocol", "sasl.login.callback.handler.class"),
)
# A file that is a login, in most draws, or nothing would ever be read.
BASE = ("security.protocol", "sasl.mechanism", "sasl.username", "sasl.password")
SIGNS = "ab =:#!\\'\";,\t/*.-_$é\u4e2d\U0001f40d0179"
SYNTAX = (*"ab=: \t\f#!\\\n\r", "\r\n", "\\n", "\\u00e9")
ESCAPES = (*"a78'\n ", *(f"\\{sign}" for sign in ("", *"avqx18", "12", "377", "400")))
MODULES = (*login_file.LOGIN_MODULES, f"com.{MARK}.Krb5LoginModule")


def draw(seed: int) -> bytes:
    """A properties file."""
    rng = random.Random(seed)
    names = [*BASE] if rng.random() < 0.8 else []
    if rng.random() < 0.4:
        names = [*BASE[:2], JAAS]
    names += rng.choices(NAMES, k=rng.choice((0, 0, 0, 1, 2, 4)))
    odd = rng.choice((0.0, 0.05, 0.3))
    lines = []
    for name in names:
        separator = rng.choice(SEPARATORS[:9] if rng.random() > odd else SEPARATORS)
        value = _written(rng, _value(rng, name, odd), odd)
        line = _mangled(rng, name, odd / 4) + separator + value
        lines.append(
            line + ("" if rng.random() > odd else rng.choice((" ", "\\", "\\\\", "\\u00")))
        )
    text = rng.choice(("", "", "# " + MARK + "\n", "\n \n"))
    for line in lines:
        text += line + (rng.choice(BETWEEN) if rng.random() < odd else "\n")
    if rng.random() < odd / 2:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(("\0", "\ufeff", MARK, "\\", "\n", "=", '"')) + text[at:]
    return text.encode(rng.choice(("utf-8", "utf-8", "utf-8", "utf-16", "latin-1")), "replace")


def try_seed(seed: int, java: Java, folder: Path) -> list[str]:
    """What is wrong with the reading of that seed's file; it is left in ``folder``."""
    text = draw(seed)
    path = folder / "client.properties"
    path.write_bytes(text)
    try:
        found = login_file.load(path)
    except UsageError as error:
        said = str(error)
        return [f"shown: {said}"] * (MARK in said) + [f"not one line: {said!r}"] * ("\n" in said)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    given = java.settings(text)
    if given is None:
        return ["Java refuses it"]
    return _differences(found, given, java)


def try_syntax(seed: int, java: Java) -> list[str]:
    """What is wrong with the reading of a file that is all syntax."""
    rng = random.Random(seed)
    text = "".join(rng.choices(SYNTAX, k=rng.randrange(1, 40)))
    try:
        found = parse(text)
    except Malformed:
        # Stricter than Java in two ways, which login files rest on.
        return []
    theirs = java.properties(text.encode("latin-1"))
    return [] if found == theirs else [f"{text!r}: ours {found}, Java's {theirs}"]


def try_jaas(seed: int, java: Java) -> list[str]:
    """What is wrong with the reading of that seed's login of Java's."""
    rng = random.Random(seed)
    text = _jaas(rng, rng.choice((0.0, 0.1, 0.4)))
    try:
        found = jaas.parse(text)
    except jaas.Malformed as error:
        return [f"shown: {error}"] * (MARK in str(error))
    theirs = java.jaas(text)
    ours = {"": found.module} | dict(found.options)
    return [] if theirs == ours else [f"{text!r}: ours {ours}, Java's {theirs}"]


def _differences(found: Security, given: dict[str, str], java: Java) -> list[str]:
    """Between what clients get and what a Java client has of the same file."""
    wanted = {SAME.get(name, name): value for name, value in given.items()}
    if JAAS in wanted:
        options = java.jaas(wanted.pop(JAAS))
        if options is None:
            return ["Java refuses its login"]
        wanted |= {f"sasl.{name}": value for name, value in options.items() if name}
    if NAME_CHECK in wanted:
        wanted[NAME_CHECK] = wanted[NAME_CHECK].lower() or "none"
    for name in ("security.protocol", "sasl.mechanism"):
        if name in wanted:
            wanted[name] = wanted[name].upper()
    return [] if wanted == found.settings else [f"ours {found.settings}, Java's {wanted}"]


def _value(rng: random.Random, name: str, odd: float) -> str:
    if rng.random() < odd / 3:
        return rng.choice(("", " ", MARK))
    if name == JAAS:
        return _jaas(rng, odd)
    if name == "security.protocol":
        good = ("SASL_SSL", "SASL_PLAINTEXT", "sasl_ssl")
        return rng.choice((*good, "SSL", "PLAINTEXT", "TLS") if odd else good)
    if name in ("sasl.mechanism", "sasl.mechanisms"):
        return rng.choice((*MECHANISMS, "GSSAPI") if odd else MECHANISMS)
    if name == NAME_CHECK:
        return rng.choice(("", "https", "HTTPS", MARK))
    return _secret(rng, odd)


def _secret(rng: random.Random, odd: float) -> str:
    signs = SIGNS if rng.random() < odd else "abc019"
    return MARK + "".join(rng.choices(signs, k=rng.randrange(8)))


def _jaas(rng: random.Random, odd: float) -> str:
    words = [rng.choice(MODULES), rng.choice(("required", "Required", "optional"))]
    for option in ("username", "password", *["tokenauth", "user_x"] * (rng.random() < odd)):
        value = _secret(rng, odd)
        quote = rng.choice(("'", '"', '"') if rng.random() > odd else ("'", '"', ""))
        if quote:
            value = re.sub(rf"([\\{quote}])", r"\\\1", value)
        if odd and quote:
            value += "".join(rng.choices(ESCAPES, k=rng.randrange(4)))
        words.append(_mangled(rng, f"{option}={quote}{value}{quote}", odd / 8))
    text = rng.choice((" ", "  ", "\n\t", " /* = */ ")).join(words)
    good = (";", " ;")
    return text + rng.choice((*good, "", ";;", f"; {text};", f"// {MARK}") if odd else good)


def _mangled(rng: random.Random, text: str, odd: float) -> str:
    if not text or rng.random() >= odd:
        return text
    at = rng.randrange(len(text))
    return text[:at] + rng.choice(SIGNS) + text[at + rng.randrange(2) :]


def _written(rng: random.Random, value: str, odd: float) -> str:
    """``value`` as a properties file may hold it, or nearly."""
    text = ""
    for sign in value:
        chance = rng.random()
        if sign in "\\\n\r" or not sign.isascii():
            units = sign.encode("utf-16-be")
            codes = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
            escaped = "".join(f"\\u{code}" for code in codes)
            text += sign if rng.random() < odd / 4 else escaped
        elif chance < odd / 3:
            text += rng.choice((f"\\{sign}", f"\\\n  {sign}", f"\\\r\n{sign}", sign))
        else:
            text += sign
    return text
