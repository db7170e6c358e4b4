"""None of our processes outlives the one that started it, however that ends.

A harness that is killed with -9 cleans up nothing, and its workers would run on without it. The
kernel ends them instead: Linux sends a process a signal of its choice when the thread that started
it ends (prctl(2), PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def hold(parent: int) -> None:
    """End this process at once when the process ``parent``, which started it, ends.

    Also if it has already ended, between the start of this process and this call. Does nothing
    on systems other than Linux.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
