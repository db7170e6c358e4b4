"""Other work for every core, for as long as it is wanted and never longer."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

# Ends by itself when its parent is gone, however that ended.
_LOOP = """
import os, sys
parent = int(sys.argv[1])
while os.getppid() == parent:
    for _ in range(1_000_000):
        pass
"""


@contextlib.contextmanager
def every_core() -> Iterator[None]:
    """Keep each usable CPU busy with one process at the usual priority."""
    with contextlib.ExitStack() as stack:
        for _ in os.sched_getaffinity(0):
            command = [sys.executable, "-S", "-c", _LOOP, str(os.getpid())]
            stack.callback(_end, subprocess.Popen(command))
        yield


def _end(loop: subprocess.Popen[bytes]) -> None:
    loop.kill()
    loop.wait()
