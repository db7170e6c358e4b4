"""Java's .properties files, as Kafka, ZooKeeper and log4j read them.

The form is that of java.util.Properties.load: a name ends at the first "=", ":" or blank without a
backslash before it, a line that ends in a backslash continues in the next one, and a backslash
before anything else is an escape.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_LAST_ASCII = 0x7E
_FIRST_PRINTABLE = 0x20

_BLANKS = " \t\f"
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_NAME = re.compile(r"(?:\\.|[^\\=: \t\f])*", re.DOTALL)
_SEPARATOR = re.compile(r"[ \t\f]*[=:]?[ \t\f]*")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_LETTERS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One setting. ``line``: where it begins, from 1; ``source``: its line or lines, as written."""

    line: int
    name: str
    value: str
    source: str


class Malformed(ValueError):
    """A line that cannot be read; the text has its number and the error, not its contents."""

    def __init__(self, line: int, fault: str) -> None:
        super().__init__(f"line {line}: {fault}")
        self.line, self.fault = line, fault


def render(settings: Mapping[str, object]) -> str:
    """The text of a properties file, one line for each setting, in the order given."""
    return "".join(f"{name}={_escaped(str(value))}\n" for name, value in settings.items())


def parse(text: str) -> dict[str, str]:
    """The settings in a properties file; the last of two with one name. Raises Malformed."""
    return {entry.name: entry.value for entry in entries(text)}


def entries(text: str) -> Iterator[Entry]:
    """Every setting of a properties file in turn.

    Raises Malformed, also if Java would not: after a last line that is to be continued.
    """
    for line, source in _logical_lines(text):
        name = _NAME.match(source)
        assert name is not None
        separator = _SEPARATOR.match(source, name.end())
        assert separator is not None
        yield Entry(
            line,
            _unescaped(name.group(), line),
            _unescaped(source[separator.end() :], line),
            source,
        )


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Where each begins, and its text without the backslashes that join its lines."""
    begun, joined, is_open = 0, "", False
    lines = _LINE_ENDS.split(text)
    for number, line in enumerate(lines if lines[-1] else lines[:-1], start=1):
        part = line.lstrip(_BLANKS)
        # An empty line ends a continuation; a comment inside one is not a comment.
        if not joined and (not part or part[0] in "#!"):
            is_open = False
            continue
        begun = begun if joined else number
        is_open = (len(part) - len(part.rstrip("\\"))) % 2 == 1
        joined += part[:-1] if is_open else part
        if not is_open:
            yield begun, joined
            joined = ""
    if is_open:
        raise Malformed(begun, "it ends in a backslash, and nothing follows")


def _unescaped(text: str, line: int) -> str:
    def meant(found: re.Match[str]) -> str:
        what = found.group(1)
        if what == "u":
            raise Malformed(line, "a \\u without four hexadecimal digits")
        return chr(int(what[1:], 16)) if len(what) > 1 else _LETTERS.get(what, what)

    # Java's characters are UTF-16's units: two escapes may make one character.
    units = _ESCAPE.sub(meant, text).encode("utf-16-le", "surrogatepass")
    try:
        return units.decode("utf-16-le")
    except UnicodeDecodeError:
        raise Malformed(line, "one half of a character, in a \\u") from None


def _escaped(value: str) -> str:
    # Java reads these files as Latin-1, and a backslash starts an escape.
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    codes = [int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2)]
    return "".join(
        chr(code) if _FIRST_PRINTABLE <= code <= _LAST_ASCII else f"\\u{code:04x}" for code in codes
    )
