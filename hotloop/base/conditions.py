"""How busy and how steady this machine is now: to be read before anything is measured."""

from pathlib import Path

from hotloop.base.busy import Watch
from hotloop.base.cpus import pinnable_cpus, usable_cpus
from hotloop.base.machine import Conditions, parse_quota, read_text

_GOVERNORS = Path("/sys/devices/system/cpu")
# The CPU time that this process's control groups allow: version 2's, and version 1's.
_CGROUP = Path("/proc/self/cgroup")
_CGROUPS = Path("/sys/fs/cgroup")


def read_conditions(watch: Watch | None = None) -> Conditions:
    """Who is busy since ``watch`` began, and the frequency governors now.

    Takes a fifth of a second, or what is left of it. To be read before measuring begins.
    """
    usable = pinnable_cpus() or frozenset()
    busy = (watch or Watch()).busy()
    governors = {
        read_text(file).strip() for file in _GOVERNORS.glob("cpu[0-9]*/cpufreq/scaling_governor")
    }
    governors.discard("")
    return Conditions(
        busy_cpus=busy.used(usable),
        governors=tuple(sorted(governors)),
        usable_cpus=usable_cpus(),
        quota_cpus=quota_cpus(),
        programs=busy.programs,
        idlest_cpu=busy.idlest(usable),
    )


def quota_cpus() -> float | None:
    """The smallest quota of all control groups above this process; None: no limit is known."""
    folders = [_CGROUPS]
    for line in read_text(_CGROUP).splitlines():
        _, _, named = line.partition(":")
        controllers, _, path = named.partition(":")
        if not controllers:
            inner = _CGROUPS / path.strip("/")
            folders += [inner, *(above for above in inner.parents if _CGROUPS in above.parents)]
    quotas = [parse_quota(read_text(folder / "cpu.max")) for folder in folders]
    first = [read_text(_CGROUPS / "cpu" / f"cpu.cfs_{what}_us") for what in ("quota", "period")]
    quotas.append(parse_quota(" ".join(first)))
    return min((quota for quota in quotas if quota is not None), default=None)
