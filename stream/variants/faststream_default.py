"""FastStream, record by record: a subscriber that takes one record."""

import asyncio

from aiokafka import ConsumerRecord

from stream.account.record import diagnose
from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.variants.faststream_common import Record, consume


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop."""
    handle, bad = sink.handle, sink.bad

    async def use(record: Record) -> None:
        handle(record)

    def count(message: ConsumerRecord) -> None:
        bad(diagnose(message.value))

    return asyncio.run(consume(job, sink, {}, use, count))
