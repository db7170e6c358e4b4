"""The machine that the figures were measured on, and what makes it doubtful.

Reading (files, system calls) and understanding (pure functions of their text) are
separate, so that every kind of machine can be tested on any machine. None means
unknown.
"""

import os
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.cpus import usable_cpus

# If more than half of the CPUs are busy, a contender probably shares its core or caches.
BUSY_PER_CPU_DOUBTED = 0.5
# The one governor that does not change the clock with the load.
STEADY_GOVERNOR = "performance"

_CPUINFO = Path("/proc/cpuinfo")
_MEMINFO = Path("/proc/meminfo")
_BYTES_PER_KIB = 1024


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine and its Python; ``versions`` has None for what is not installed.

    ``usable_cpus`` counts those that this process may run on: a container or taskset
    can make them fewer than ``logical_cpus``. ``command``: what was typed there, as a shell takes
    it; None if it was no command of hotloop's, and in older results.
    """

    cpu: str | None
    logical_cpus: int | None
    usable_cpus: int | None
    memory_bytes: int | None
    system: str
    python: str
    implementation: str
    versions: Mapping[str, str | None]
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """How busy and how steady the machine was just before.

    ``busy_cpus``: how many of the usable CPUs others used, None if unknown; ``programs``: which,
    and how many CPUs each. ``quota_cpus``: how many CPUs' time a container may use in all; None:
    no limit is known. ``idlest_cpu``: the usable CPU that others used least, None if unknown.
    """

    busy_cpus: float | None
    governors: tuple[str, ...]
    usable_cpus: int | None
    quota_cpus: float | None = None
    programs: tuple[tuple[str, float], ...] = ()
    idlest_cpu: int | None = None


def read_machine(distributions: Sequence[str]) -> Machine:
    """This machine, with the installed versions of the named distributions."""
    return Machine(
        cpu=parse_cpu_model(read_text(_CPUINFO))
        or platform.processor()
        or platform.machine()
        or None,
        logical_cpus=os.cpu_count(),
        usable_cpus=usable_cpus(),
        memory_bytes=parse_memory_bytes(read_text(_MEMINFO)),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        implementation=platform.python_implementation(),
        versions={name: version_of(name) for name in distributions},
        command=parse_command(sys.argv),
    )


def doubts(conditions: Conditions) -> tuple[str, ...]:
    """One sentence for each thing that makes times on this machine less trustworthy."""
    found = []
    cpus = conditions.usable_cpus or 1
    busy = conditions.busy_cpus
    if busy is not None and busy > BUSY_PER_CPU_DOUBTED * cpus:
        named = ", ".join(f"{name} {part:.1f}" for name, part in conditions.programs)
        found.append(
            f"other programs used {busy:.1f} of {cpus} CPU{'s' if cpus > 1 else ''} just before "
            f"the start{f' ({named})' if named else ''}: repeat when they are done"
        )
    if conditions.quota_cpus is not None and conditions.quota_cpus < cpus:
        found.append(
            f"this container may use {conditions.quota_cpus:g} CPUs' time on {cpus} CPU"
            f"{'s' if cpus > 1 else ''}: who uses more is stopped for part of it; give it more, or "
            "pin it to fewer CPUs (docker run --cpuset-cpus)"
        )
    moving = [name for name in conditions.governors if name != STEADY_GOVERNOR]
    if moving:
        found.append(
            f"the frequency governor is {', '.join(moving)}: the CPUs' speed moves with the load; "
            f"compare factors rather than times, or set it to {STEADY_GOVERNOR} "
            f"(sudo cpupower frequency-set -g {STEADY_GOVERNOR})"
        )
    return tuple(found)


def parse_cpu_model(cpuinfo: str) -> str | None:
    """The model of the first processor in the text of /proc/cpuinfo."""
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name" and value.strip():
            return " ".join(value.split())
    return None


def parse_memory_bytes(meminfo: str) -> int | None:
    """The installed memory in the text of /proc/meminfo, whose "kB" are KiB."""
    for line in meminfo.splitlines():
        match line.split():
            case ["MemTotal:", number, "kB"] if number.isdigit():
                return int(number) * _BYTES_PER_KIB
    return None


def parse_quota(text: str) -> float | None:
    """CPUs that "QUOTA PERIOD" of a control group allows; None for "max", -1 or anything else."""
    quota, _, period = text.strip().partition(" ")
    if not all(word.isdecimal() and int(word) for word in (quota, period)):
        return None
    return int(quota) / int(period)


def parse_command(argv: Sequence[str]) -> str | None:
    """``sys.argv`` as it was typed, whether by ``hotloop`` or by ``python -m hotloop``."""
    if not argv:
        return None
    program = Path(argv[0])
    if program.name == "__main__.py":
        program = program.parent
    return shlex.join(["hotloop", *argv[1:]]) if program.name == "hotloop" else None


def version_of(distribution: str) -> str | None:
    """The version that is installed; None: it is not."""
    # Loads what reads e-mails, which takes longer than all else that a command needs to start.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def read_text(path: Path) -> str:
    """The text of a system file; empty if this system does not have it."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
