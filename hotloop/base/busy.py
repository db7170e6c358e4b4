"""Who is busy now: the system's counters over a fifth of a second.

A load average is an average over the last minute: it blames the machine for a command that ended
half a minute ago, our own for example. Reading and understanding are separate, as in ``machine``.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hotloop.base.machine import read_text

WINDOW_S = 0.2
_STAT = Path("/proc/stat")
_PROCESSES = Path("/proc")
# The columns of a CPU's line in /proc/stat that are no work: idle, iowait.
_IDLE = (3, 4)
# Those that are counted twice, as user's and nice's part: guest, guest_nice.
_COUNTED = 8
# Fields of /proc/PID/stat after the name: ppid, utime, stime, and the CPU that it was last on.
_PARENT, _USER, _SYSTEM, _CPU = 1, 11, 12, 36
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


class Process(NamedTuple):
    """What a process has used: its ``ticks`` of work, and the CPU that it was last on."""

    name: str
    ticks: int
    parent: int = 0
    cpu: int = 0


class Watch:
    """Who is busy from now on; what this process does and those that it starts is not counted."""

    def __init__(self) -> None:
        self._cpus, self._processes = parse_cpus(read_text(_STAT)), running()
        self._start_s = time.monotonic()

    def busy(self, window_s: float = WINDOW_S) -> Busy:
        """Since then, ``window_s`` at least: it sleeps until they are over."""
        time.sleep(max(0.0, self._start_s + window_s - time.monotonic()))
        cpus, processes = parse_cpus(read_text(_STAT)), running()
        took_s = time.monotonic() - self._start_s
        if not self._cpus or not cpus:
            return Busy(None)
        ours = {number for number, one in processes.items() if _is_ours(number, one)}
        others = {number: one for number, one in processes.items() if number not in ours}
        own: dict[int, int] = {}
        for number in ours:
            now, before = processes[number], self._processes.get(number)
            ticks = now.ticks - (0 if before is None else before.ticks)
            own[now.cpu] = own.get(now.cpu, 0) + ticks
        parts = busy_parts(self._cpus, cpus, own)
        return Busy(parts, programs(self._processes, others, took_s))


def _is_ours(number: str, process: Process) -> bool:
    return os.getpid() in (int(number), process.parent)


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
    before: Mapping[int, tuple[int, int]],
    after: Mapping[int, tuple[int, int]],
    own: Mapping[int, int],
) -> dict[int, float]:
    """The part of the time in between that each CPU worked, without our ``own`` ticks on each.

    If those are more than it worked, the rest was done elsewhere: the process has moved.
    """
    numbers = sorted(before.keys() & after.keys(), key=lambda cpu: cpu not in own)
    work = {cpu: after[cpu][0] - before[cpu][0] for cpu in numbers}
    elsewhere = sum(own.values())
    for cpu in numbers:
        part = min(work[cpu], own.get(cpu, 0))
        work[cpu] -= part
        elsewhere -= part
    parts = {}
    for cpu in numbers:
        part = min(work[cpu], elsewhere)
        elsewhere -= part
        whole = after[cpu][1] - before[cpu][1]
        parts[cpu] = min(1.0, max(0.0, (work[cpu] - part) / whole)) if whole > 0 else 0.0
    return parts


def parse_process(stat: str) -> Process | None:
    """What the text of /proc/PID/stat says."""
    head, _, rest = stat.rpartition(")")
    fields = rest.split()
    if len(fields) <= _CPU:
        return None
    return Process(
        head.partition("(")[2],
        int(fields[_USER]) + int(fields[_SYSTEM]),
        int(fields[_PARENT]),
        int(fields[_CPU]),
    )


def running() -> dict[str, Process]:
    """By process number."""
    found = {}
    try:
        numbers = [name for name in os.listdir(_PROCESSES) if name.isdecimal()]  # noqa: PTH208
    except OSError:
        return {}
    for number in numbers:
        process = parse_process(read_text(_PROCESSES / number / "stat"))
        if process is not None:
            found[number] = process
    return found


def programs(
    before: Mapping[str, Process], after: Mapping[str, Process], took_s: float
) -> tuple[tuple[str, float], ...]:
    """By name: how many CPUs each used between two readings ``took_s`` apart."""
    ticks_per_s = os.sysconf("SC_CLK_TCK")
    used: dict[str, float] = {}
    for number, process in after.items():
        if number in before and before[number].name == process.name:
            part = (process.ticks - before[number].ticks) / ticks_per_s / took_s
            used[process.name] = used.get(process.name, 0.0) + part
    named = sorted(used.items(), key=lambda item: -item[1])[:NAMED_AT_MOST]
    return tuple((name, part) for name, part in named if part >= NAMED_FROM)
