"""aiokafka, record by record: the client below Faust, by iteration.

As its documentation shows it: ``async for message in consumer``. Faust uses the same client, so
the difference between the two is the cost of Faust itself.
"""

import asyncio

from aiokafka import AIOKafkaConsumer

from stream.account.record import BadRecord, decode
from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.variants import aiokafka_common


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop."""
    return asyncio.run(aiokafka_common.consume(job, sink, _iterate))


async def _iterate(consumer: AIOKafkaConsumer, sink: Sink) -> None:
    await aiokafka_common.cancel_on_stop(_read(consumer, sink), sink)


async def _read(consumer: AIOKafkaConsumer, sink: Sink) -> None:
    handle, bad = sink.handle, sink.bad
    async for message in consumer:
        try:
            record = decode(message.value)
        except BadRecord as error:
            bad(error.reason)
        else:
            handle(record)
