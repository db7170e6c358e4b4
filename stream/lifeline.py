"""Nothing started here outlives who started it, however that one ended."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)


def end_with_parent(parent: int) -> None:
    """End with the process ``parent``, whose number is the caller's second argument.

    The kernel kills this process when the thread that started it ends; if that
    has happened already, while this one was still importing, it ends now. Linux
    only; elsewhere a process ends at its own deadline.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
