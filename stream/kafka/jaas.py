"""The login in ``sasl.jaas.config``, as Kafka's clients read it (JaasConfig, StreamTokenizer).

    org.apache.kafka.common.security.scram.ScramLoginModule required username="me" password='...';

Read as Java does, or refused: what Java would silently cut off or skip (a quote that is never
closed, a lone slash, which begins a comment) is an error here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

FLAGS = ("required", "requisite", "sufficient", "optional")

_TOKEN = re.compile(
    r"""
      [\x00-\x20]+ | //[^\r\n]* | /\*.*?\*/     # what stands between
    | (?P<word> [A-Za-z_$\xa0-\xff][-A-Za-z0-9_$.\xa0-\xff]* )
    | "(?P<double> (?:[^"\\\r\n]|\\[^\r\n])* )"
    | '(?P<single> (?:[^'\\\r\n]|\\[^\r\n])* )'
    | (?P<sign> [=;] )
    """,
    re.VERBOSE | re.DOTALL,
)
# Up to three octal digits, or any other character, which mostly stands for itself.
_ESCAPE = re.compile(r"\\([0-3][0-7]{0,2}|[4-7][0-7]?|.)", re.DOTALL)
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """The one login module, by its class, and its options."""

    module: str
    options: Mapping[str, str]


class Malformed(ValueError):
    """What a Java client would refuse, or read differently from how it looks; shows none of it."""


def parse(text: str) -> Login:
    """The login in ``text``; raises Malformed with the fault in a few words."""
    signs = _tokens(text)
    if signs.count((";", True)) > 1:
        raise Malformed("has more than one login module; clients take one")
    if not signs or signs[-1] != (";", True):
        raise Malformed("does not end in a semicolon")
    words = signs[:-1]
    if len(words) < 2 or words[0][1] or words[1][0].lower() not in FLAGS:
        raise Malformed(f"does not begin with a class and one of {', '.join(FLAGS)}")
    options: dict[str, str] = {}
    rest = words[2:]
    for at in range(0, len(rest), 3):
        match rest[at : at + 3]:
            case [(name, False), ("=", True), (value, False)]:
                if options.setdefault(name, value) != value:
                    raise Malformed("has an option twice, with different values")
            case _:
                raise Malformed("has an option that is not of the form name=value")
    return Login(words[0][0], options)


def _tokens(text: str) -> list[tuple[str, bool]]:
    """Words and quoted texts (False), and the signs = and ; (True)."""
    found = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise Malformed("has a sign that must stand in quotes, or a quote that is not closed")
        at = token.end()
        kind = token.lastgroup
        if kind in ("double", "single"):
            found.append((_ESCAPE.sub(_meant, token.group(kind)), False))
        elif kind is not None:
            found.append((token.group(kind), kind == "sign"))
    return found


def _meant(found: re.Match[str]) -> str:
    what = found.group(1)
    if what[0] in "01234567":
        return chr(int(what, 8))
    return _LETTERS.get(what, what)
