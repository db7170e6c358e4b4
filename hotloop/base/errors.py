"""The errors that end a command, each with its exit code.

    HotloopError           4  could not measure
    ├── UsageError         2  the request itself is wrong
    └── MeasurementError   4  no build, no broker, a crash, damaged data

Code 1 (the answer is bad) is a finding in a result, never an exception;
130 is KeyboardInterrupt, which only the command line turns into a code.
"""

from typing import ClassVar


class HotloopError(Exception):
    """One sentence for the user: what was wrong, with which value, what to do."""

    exit_code: ClassVar[int] = 4


class UsageError(HotloopError):
    """The request cannot be carried out as it was made (exit code 2)."""

    exit_code: ClassVar[int] = 2


class MeasurementError(HotloopError):
    """The request was fine, but nothing trustworthy could be measured (exit code 4)."""

    exit_code: ClassVar[int] = 4
