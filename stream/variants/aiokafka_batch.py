"""aiokafka, whole fetches: ``getmany`` instead of iteration, nothing else changed.

This saves passing each single record through a coroutine.
"""

import asyncio

from aiokafka import AIOKafkaConsumer

from stream.account.record import BadRecord, decode
from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.variants import aiokafka_common

# How long an idle consumer takes to notice that it should stop.
POLL_MS = 200


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop."""
    return asyncio.run(aiokafka_common.consume(job, sink, _fetch))


async def _fetch(consumer: AIOKafkaConsumer, sink: Sink) -> None:
    handle, bad = sink.handle, sink.bad
    while not sink.stopping:
        for messages in (await consumer.getmany(timeout_ms=POLL_MS)).values():
            for message in messages:
                try:
                    record = decode(message.value)
                except BadRecord as error:
                    bad(error.reason)
                else:
                    handle(record)
