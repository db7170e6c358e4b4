"""FastStream in batches: a subscriber that takes a list of records, nothing else changed.

The list is validated as a whole, so one bad record spoils its whole batch. Such a batch is
processed again, record by record.
"""

import asyncio
from collections.abc import Iterable

from aiokafka import ConsumerRecord

from stream.account.record import BadRecord, decode
from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.variants.faststream_common import Record, consume


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop."""
    handle, bad = sink.handle, sink.bad

    async def use(records: list[Record]) -> None:
        for record in records:
            handle(record)

    def sort_out(messages: Iterable[ConsumerRecord]) -> None:
        for message in messages:
            try:
                record = decode(message.value)
            except BadRecord as error:
                bad(error.reason)
            else:
                handle(record)

    return asyncio.run(consume(job, sink, {"batch": True}, use, sort_out))
