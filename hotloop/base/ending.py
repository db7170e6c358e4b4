"""How a process ended, and its last line: for the sentence about a child that is gone."""

import os
import re
import signal
from pathlib import Path

# How much of a last line to show, and how much of a log's end to search for it.
LAST_WORDS_CHARS = 200
LOG_TAIL_BYTES = 4096
# What hides a terminal's cursor, colours its text, or steps back in it.
_STYLES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x08")


def how_it_ended(code: int) -> str:
    """What an exit code means; a negative one is the signal that ended the process."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:  # A real-time signal has no name.
        return f"killed by signal {-code}"


def last_words(log: Path) -> str:
    """The last line that a process left in its log, or nothing."""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
        text = file.read().decode(errors="replace")
    lines = [line for line in _STYLES.sub("", text).splitlines() if any(map(str.isalnum, line))]
    return lines[-1].strip()[-LAST_WORDS_CHARS:] if lines else ""
