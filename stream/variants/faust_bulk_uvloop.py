"""Lane "bulk" on uvloop: another event loop, nothing else changed.

The consumer's own thread, which fetches, runs on it too.
"""

from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.variants.faust_common import run_worker


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop."""
    return run_worker(job, sink, lane="bulk", loop="uvloop")
