"""Why did a Java process end? The reason in its log, in one line."""

import re
from pathlib import Path

TAIL_BYTES = 1 << 16
LONGEST_PART = 200

# "2026-11-22 15:00:26.268 ERROR KafkaServer: ..." as the logging settings write it.
_STAMPED = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ (?P<level>[A-Z]+) (?P<said>.*)")
_THROWN = re.compile(
    r"^(Caused by: |Exception in thread \S+ |\S+: )?(?P<said>[\w.$]+(Exception|Error)\b.*)"
)
_BAD_LEVELS = frozenset({"ERROR", "FATAL"})


def reason(log: Path) -> str:
    """The reason that the end of ``log`` gives, or that it gives none."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError as error:
        return f"no log: {error.strerror}"
    return reason_in(text)


def reason_in(text: str) -> str:
    """What was thrown last, innermost cause, and the last error that was logged.

    Java prints an error, then what was thrown, then "Caused by" lines, the innermost
    last. The error that ends a broker often comes without its cause, which an earlier
    one had, so both are returned.
    """
    thrown = logged = ""
    for line in text.splitlines():
        stamped = _STAMPED.match(line)
        found = _THROWN.match(line)
        if stamped and stamped["level"] in _BAD_LEVELS:
            logged = stamped["said"]
        elif found and not stamped:
            thrown = found["said"]
        elif line.startswith("Error"):
            # Java itself, about an option, a class or a lack of memory.
            thrown = line
    if thrown and logged:
        return f"{thrown[:LONGEST_PART]} ({logged[:LONGEST_PART]})"
    return (thrown or logged or "its log gives no reason")[:LONGEST_PART]


def is_port_lost(said: str) -> bool:
    """Whether a process ended because somebody else took its port in the meantime."""
    return "Address already in use" in said or "BindException" in said
