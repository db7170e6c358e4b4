"""asv's skips: a benchmark that says by itself that it does not apply here."""

from __future__ import annotations

import sys

# What the reply of a benchmark that skipped itself calls its error; no exception is named so.
SKIP = "asv's skip"
MARKS = "asv_runner.benchmarks.mark"


class Skipped(Exception):
    """asv_runner's set-up said that there is nothing to run; its reason is what it printed."""


def skip_reason(error: BaseException) -> str | None:
    """Why the benchmark skipped itself; None: it did not, ``error`` is a failure.

    It may raise SkipNotImplemented wherever it likes, in the script of a timeraw benchmark
    too, of which asv_runner tells what its interpreter printed. (NotImplementedError in a
    set-up is asv_runner's own matter; anywhere else asv counts it as a failure.)
    """
    if isinstance(error, Skipped):
        return str(error)
    # Where asv_runner is too old to have one, or was never imported, nobody can raise it.
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
    """Of what it says; the others may be another interpreter's traceback."""
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else ""
