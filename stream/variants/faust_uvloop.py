"""Faust on uvloop: another event loop (``faust -L uvloop``), nothing else.

Faust passes every record through several tasks, so the loop itself is a large part of the cost
of a record (figures in ``faust_tuned``).
"""

from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.variants.faust_common import run_worker


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop."""
    return run_worker(job, sink, loop="uvloop")
