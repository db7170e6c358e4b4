"""Faust with lane "event" of ``stream.fastlane``: another consumer and iteration, nothing else.

Faust's pipeline for each record stays as it is: a Message and an Event, four calls of the monitor,
an acknowledgement. What goes are the four helper tasks and the turn of the event loop.
"""

from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.variants.faust_common import run_worker


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop."""
    return run_worker(job, sink, lane="event")
