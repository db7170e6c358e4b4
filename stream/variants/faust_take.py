"""Faust in batches: the agent takes up to 1,000 records at once, nothing else changed.

It looks like the batch reading of other clients but is not: ``take`` collects events that have
already come through the stream one by one, so it gains nothing here (figures in
``faust_tuned``). It is for agents whose own work is cheaper in bulk.
"""

import faust

from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.variants.faust_common import Record, run_worker

BATCH = 1000
# An incomplete batch is delivered after this time.
WITHIN_S = 1.0


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop."""
    return run_worker(job, sink, agent=_take)


async def _take(records: faust.Stream[Record], sink: Sink) -> None:
    handle = sink.handle
    async for batch in records.take(BATCH, within=WITHIN_S):
        for record in batch:
            handle(record)
