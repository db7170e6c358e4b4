"""Is that process still the one that was started here, and how much has it used?

A process number alone is reused; the number with the start time and a random
marker in the command line is not. No signal leaves this module without that check.
"""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

_CLOCK_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_ENDED_STATES = ("Z", "X")
_STOPPED = "T"

# Places in /proc/PID/stat, counted after the command's closing parenthesis (proc(5)).
_STATE, _USER_TICKS, _SYSTEM_TICKS, _START_TICKS = 0, 11, 12, 19


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process number and the kernel's clock ticks at its start, which together stay unique."""

    pid: int
    start_ticks: int


def identify(pid: int) -> ProcessId | None:
    """The identity of a running process; None when there is none (or only a zombie)."""
    fields = _stat(pid)
    if fields is None or fields[_STATE] in _ENDED_STATES:
        return None
    return ProcessId(pid, int(fields[_START_TICKS]))


def is_ours(process: ProcessId, marker: str) -> bool:
    """Whether ``process`` still runs and carries ``marker`` in its command line."""
    if identify(process.pid) != process:
        return False
    try:
        return marker.encode() in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    except OSError:
        return False


def send(process: ProcessId, marker: str, number: signal.Signals) -> bool:
    """Signal ``process`` if it is ours; whether it was."""
    if not is_ours(process, marker):
        return False
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return False
    return True


def stands_still(process: ProcessId) -> bool:
    """Whether a signal has stopped every thread of the process."""
    threads = Path(f"/proc/{process.pid}/task").glob("*/stat")
    return all(fields is None or fields[_STATE] == _STOPPED for fields in map(_fields, threads))


def cpu_s(process: ProcessId) -> float:
    """User and system seconds used so far; 0 once the process has ended."""
    fields = _stat(process.pid)
    if fields is None or int(fields[_START_TICKS]) != process.start_ticks:
        return 0.0
    return (int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])) / _CLOCK_TICKS_PER_S


def _stat(pid: int) -> list[str] | None:
    return _fields(Path(f"/proc/{pid}/stat"))


def _fields(file: Path) -> list[str] | None:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()
