"""Faust with lane "bulk" of ``stream.fastlane``: parts of a fetch, nothing else changed.

The agent still iterates over records one by one. What no longer happens for each record: a Message,
an Event (made where one is asked for), a call of the monitor (it gets sums), a place in the queue.
"""

from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.variants.faust_common import run_worker


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop."""
    return run_worker(job, sink, lane="bulk")
