"""Faust as the recipe writes it: an agent over a stream of records, all defaults."""

from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.variants.faust_common import run_worker


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop."""
    return run_worker(job, sink)
