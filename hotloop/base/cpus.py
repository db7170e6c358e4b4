"""The CPUs that are there for this process: a container or taskset can leave it a few."""

import os


def pinnable_cpus() -> frozenset[int] | None:
    """Those that this thread may use; None: this system cannot pin."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else None


def usable_cpus() -> int | None:
    """How many CPUs this process may run on; None if the system does not say."""
    cpus = pinnable_cpus()
    return os.cpu_count() if cpus is None else len(cpus)
