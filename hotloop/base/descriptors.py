"""Descriptors 0, 1 and 2 are open before anything else is.

A shell may start a program with them closed (``<&-``). The next file that is opened (a lock, a
result) then gets such a number. It would be read, overwritten or closed as if it were standard
input or output, by Python itself or by a child, which always gets these three.
"""

import errno
import os
import sys

STANDARD = (0, 1, 2)


def open_missing() -> None:
    """Open /dev/null on each of the three that is closed; children inherit it.

    What is written to a closed output goes nowhere, as with ``> /dev/null``.
    """
    for number in STANDARD:
        if not _is_open(number):
            # The lowest free number is the missing one, because those before it are open.
            opened = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(opened, True)
    # Python has None for a descriptor that it found closed.
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for as long as the process
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
        return False
    return True
