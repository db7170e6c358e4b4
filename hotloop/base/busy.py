"""Who is busy now: the system's counters over a fifth of a second.

A load average is an average over the last minute: it blames the machine for a command that ended
half a minute ago, our own for example. Reading and understanding are separate, as in ``machine``.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.machine import read_text

WINDOW_S = 0.2
_STAT = Path("/proc/stat")
_PROCESSES = Path("/proc")
# The columns of a CPU's line in /proc/stat that are no work: idle, iowait.
_IDLE = (3, 4)
# Those that are counted twice, as user's and nice's part: guest, guest_nice.
_COUNTED = 8
# Fields of /proc/PID/stat after the name: utime and stime.
_USER, _SYSTEM = 11, 12
# A program that uses less of a CPU than this is not worth a word.
NAMED_FROM = 0.1
NAMED_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class Busy:
    """``cpus``: by number, the fraction of the time that others used it; None: unknown.

    ``programs``: who, by name, and how many CPUs' time; the busiest first. A container shows
    its own processes only.
    """

    cpus: Mapping[int, float] | None
    programs: tuple[tuple[str, float], ...] = ()

    def used(self, cpus: frozenset[int]) -> float | None:
        """How many CPUs' time others used of these."""
        if self.cpus is None:
            return None
        return sum(part for cpu, part in self.cpus.items() if cpu in cpus)

    def idlest(self, cpus: frozenset[int]) -> int | None:
        """The least busy of these; of equal ones the last: the first takes most interrupts."""
        if not cpus:
            return None
        known = self.cpus or {}
        # Differences of less than a tick or two are none.
        return max(cpus, key=lambda cpu: (-round(known.get(cpu, 0.0), 1), cpu))


def read_busy(window_s: float = WINDOW_S) -> Busy:
    """Watch for ``window_s``; what this process does meanwhile is not counted as others'."""
    before, before_processes = parse_cpus(read_text(_STAT)), _processes()
    start_s = time.monotonic()
    time.sleep(window_s)
    took_s = time.monotonic() - start_s
    after = parse_cpus(read_text(_STAT))
    if not before or not after:
        return Busy(None)
    # Sleeping uses no time worth counting.
    return Busy(busy_parts(before, after), programs(before_processes, _processes(), took_s))


def parse_cpus(stat: str) -> dict[int, tuple[int, int]]:
    """Ticks of work and of all, by CPU, in the text of /proc/stat."""
    found = {}
    for line in stat.splitlines():
        name, *fields = line.split()
        if name.startswith("cpu") and name[3:].isdecimal():
            ticks = [int(field) for field in fields[:_COUNTED]]
            idle = sum(ticks[place] for place in _IDLE if place < len(ticks))
            found[int(name[3:])] = sum(ticks) - idle, sum(ticks)
    return found


def busy_parts(
    before: Mapping[int, tuple[int, int]], after: Mapping[int, tuple[int, int]]
) -> dict[int, float]:
    """The part of the time in between that each CPU worked."""
    parts = {}
    for cpu in before.keys() & after.keys():
        work = after[cpu][0] - before[cpu][0]
        whole = after[cpu][1] - before[cpu][1]
        parts[cpu] = min(1.0, max(0.0, work / whole)) if whole > 0 else 0.0
    return parts


def parse_process(stat: str) -> tuple[str, int] | None:
    """The name and the ticks of work in the text of /proc/PID/stat."""
    head, _, rest = stat.rpartition(")")
    fields = rest.split()
    if len(fields) <= _SYSTEM:
        return None
    return head.partition("(")[2], int(fields[_USER]) + int(fields[_SYSTEM])


def _processes() -> dict[str, tuple[str, int]]:
    """By process number."""
    found = {}
    try:
        numbers = [name for name in os.listdir(_PROCESSES) if name.isdecimal()]  # noqa: PTH208
    except OSError:
        return {}
    for number in numbers:
        process = parse_process(read_text(_PROCESSES / number / "stat"))
        if process is not None and number != str(os.getpid()):
            found[number] = process
    return found


def programs(
    before: Mapping[str, tuple[str, int]], after: Mapping[str, tuple[str, int]], took_s: float
) -> tuple[tuple[str, float], ...]:
    """By name: how many CPUs each used between two readings ``took_s`` apart."""
    ticks_per_s = os.sysconf("SC_CLK_TCK")
    used: dict[str, float] = {}
    for number, (name, ticks) in after.items():
        if number in before and before[number][0] == name:
            part = (ticks - before[number][1]) / ticks_per_s / took_s
            used[name] = used.get(name, 0.0) + part
    named = sorted(used.items(), key=lambda item: -item[1])[:NAMED_AT_MOST]
    return tuple((name, part) for name, part in named if part >= NAMED_FROM)
