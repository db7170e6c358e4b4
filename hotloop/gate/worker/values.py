"""What is not timed: the number that a benchmark returns, or its peak memory."""

from __future__ import annotations

from pathlib import Path


def own_peak_bytes(peak_bytes: float) -> float:
    """The peak of the process's own memory: without its parent's, without pages of files.

    getrusage's peak, which asv_runner reads, survives exec. And how many pages of a library
    are resident depends on how its file got into the system's cache: two installs of the same
    NumPy permanently differ by 1-3 % of a process, though no code did. (Files that are no
    longer mapped at the end still count: the system has no peak without them.)
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return peak_bytes
    found = dict(line.split(":", 1) for line in status.splitlines())
    resident, of_files = found.get("VmHWM"), found.get("RssFile")
    if resident is None or of_files is None:
        return peak_bytes
    kibibytes = int(resident.split()[0]) - int(of_files.split()[0])
    return min(peak_bytes, kibibytes * 1024)
