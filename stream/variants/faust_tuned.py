"""Faust with the settings that measurably matter."""

from typing import Any

from stream.job import Job, Resolved
from stream.sink import Sink
from stream.variants.faust_common import run_worker

SETTINGS: dict[str, Any] = {"cython_optimizations": True, "stream_buffer_maxsize": 32768}


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop."""
    return run_worker(job, sink, settings=SETTINGS, loop="uvloop")
