"""asv's skips: a benchmark says by itself that it does not apply here."""

from __future__ import annotations

import sys

# The name of the error in the reply of a benchmark that skipped itself; no exception has it.
SKIP = "asv's skip"
MARKS = "asv_runner.benchmarks.mark"


class Skipped(Exception):
    """asv_runner's set-up said that there is nothing to run; what it printed is the reason."""


def skip_reason(error: BaseException) -> str | None:
    """Why the benchmark skipped itself; None: it did not, ``error`` is a failure.

    It may raise SkipNotImplemented anywhere, also in the script of a timeraw benchmark, whose
    output asv_runner passes on. (asv_runner itself handles NotImplementedError in a set-up;
    anywhere else asv counts it as a failure.)
    """
    if isinstance(error, Skipped):
        return str(error)
    # If asv_runner is too old to have it, or was never imported, nobody can raise it.
    kind = getattr(sys.modules.get(MARKS), "SkipNotImplemented", None)
    if kind is None:
        return None
    if isinstance(error, kind):
        return str(error).strip() or kind.__name__
    last = last_line(error) if isinstance(error, RuntimeError) else ""
    if last.startswith(f"{MARKS}.{kind.__name__}"):
        return last.partition(": ")[2].strip() or kind.__name__
    return None


def last_line(error: BaseException) -> str:
    """The last line of its message; the others may be another interpreter's traceback."""
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else ""
