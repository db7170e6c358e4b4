"""What the two aiokafka variants share: one consumer, its defaults, its graceful end."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from aiokafka import AIOKafkaConsumer

from stream.cluster import addresses
from stream.cluster.security import Security
from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.variants.provenance import compiled, loop_name, versions

# The group protocol wants several heartbeats within a session.
HEARTBEATS_PER_SESSION = 3
MS_PER_S = 1000

EXTENSIONS = (
    "aiokafka.record._crecords.default_records",
    "aiokafka.record._crecords.memory_records",
)


def group_settings(job: Job) -> dict[str, Any]:
    """Return what differs from the client's defaults, apart from the broker's address."""
    chosen: dict[str, Any] = {
        "group_id": job.group,
        # A fresh group has no offset to continue from.
        "auto_offset_reset": "earliest",
    }
    if job.session_timeout_s is not None:
        session_ms = int(job.session_timeout_s * MS_PER_S)
        chosen["session_timeout_ms"] = session_ms
        chosen["heartbeat_interval_ms"] = session_ms // HEARTBEATS_PER_SESSION
    return chosen


async def cancel_on_stop(reading: Coroutine[Any, Any, None], sink: Sink) -> None:
    """Run ``reading``, an iteration over a consumer, and cancel it when the sink asks to stop.

    An iteration waits for records inside the client, so the cancellation never comes in the
    middle of a record. (Stopping the consumer during an iteration does not work: one more
    record is delivered after the positions were committed.)
    """
    task = asyncio.create_task(reading)
    loop = asyncio.get_running_loop()
    sink.on_stop(lambda: loop.call_soon_threadsafe(task.cancel))
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def consume(
    job: Job, sink: Sink, read: Callable[[AIOKafkaConsumer, Sink], Awaitable[None]]
) -> Resolved:
    """Run ``read`` on a started consumer; its stop commits the positions."""
    chosen = group_settings(job)
    login = Security(job.login).aiokafka()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=addresses.servers(job.bootstrap), client_id=job.group, **chosen, **login
    )
    consumer.subscribe([job.topic])
    await consumer.start()
    try:
        await read(consumer, sink)
    finally:
        await consumer.stop()
    return Resolved(
        settings=chosen,
        versions=versions("aiokafka"),
        loop=loop_name(asyncio.get_running_loop()),
        compiled=compiled(*EXTENSIONS),
    )
