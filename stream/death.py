"""Why did a Java process end? Its last words, in one line."""

import re
from pathlib import Path

TAIL_BYTES = 1 << 16
LONGEST_REASON = 300

# "2026-11-22 15:00:26.268 ERROR KafkaServer: ..." as the logging settings write it.
_STAMPED = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ (?P<level>[A-Z]+) (?P<said>.*)")
_THROWN = re.compile(
    r"^(Caused by: |Exception in thread \S+ |\S+: )?(?P<said>[\w.$]+(Exception|Error)\b.*)"
)
_BAD_LEVELS = frozenset({"ERROR", "FATAL"})


def reason(log: Path) -> str:
    """The reason that the end of ``log`` gives; says so where it gives none."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError as error:
        return f"no log: {error.strerror}"
    return reason_in(text)


def reason_in(text: str) -> str:
    """The first cause of the last failure in a log's text.

    Java prints an error, then what was thrown, then "Caused by" lines, the innermost
    last; after that come the lines of an orderly shutdown.
    """
    said = "its log gives no reason"
    for line in text.splitlines():
        thrown = _THROWN.match(line)
        stamped = _STAMPED.match(line)
        if thrown:
            said = thrown["said"]
        elif stamped and stamped["level"] in _BAD_LEVELS:
            said = stamped["said"]
        elif line.startswith("Error"):
            # Java itself, about an option, a class or a lack of memory.
            said = line
    return said[:LONGEST_REASON]


def is_port_lost(said: str) -> bool:
    """Whether a process ended since somebody else took its port in the meantime."""
    return "Address already in use" in said or "BindException" in said
