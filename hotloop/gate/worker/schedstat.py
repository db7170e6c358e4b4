"""What Linux counts of a thread's time (sched-stats.rst of the kernel's documentation)."""

from __future__ import annotations

from .own import os

OWN = "/proc/thread-self/schedstat"
OF_THREAD = "/proc/self/task/{}/schedstat"


def read(path: str) -> tuple[int, int] | None:
    """Nanoseconds that a thread ran, and that it was ready to run while others had the CPU.

    None: the system does not tell, or there is no such thread. All are zero if it does not count.
    """
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        ran_ns, delay_ns, _ = map(int, os.read(file, 100).split())
    except (OSError, ValueError):
        return None
    finally:
        os.close(file)
    return ran_ns, delay_ns
