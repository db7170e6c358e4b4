"""Java's .properties files, as Kafka, ZooKeeper and log4j read them."""

from collections.abc import Mapping

_LAST_ASCII = 0x7E
_FIRST_PRINTABLE = 0x20


def render(settings: Mapping[str, object]) -> str:
    """The text of a properties file, one line for each setting, in the order given."""
    return "".join(f"{name}={_escaped(str(value))}\n" for name, value in settings.items())


def parse(text: str) -> dict[str, str]:
    """The settings in a properties file: ``name=value`` or ``name: value`` lines, # and ! comments.

    A value keeps its inner spaces and backslashes: no escapes and no continued lines, since
    librdkafka's users write plain values and a password may hold a backslash.
    """
    settings = {}
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped[0] in "#!":
            continue
        ends = [at for at in (stripped.find("="), stripped.find(":")) if at >= 0]
        at = min(ends, default=len(stripped))
        settings[stripped[:at].strip()] = stripped[at + 1 :].strip()
    return settings


def _escaped(value: str) -> str:
    # Java reads these files as Latin-1 and takes a backslash for the start of an escape.
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    codes = [int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2)]
    return "".join(
        chr(code) if _FIRST_PRINTABLE <= code <= _LAST_ASCII else f"\\u{code:04x}" for code in codes
    )
