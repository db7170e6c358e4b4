"""What a lane's consumer keeps of acknowledgements."""

import asyncio
from collections.abc import Iterator
from threading import Thread
from typing import cast

import faust
import pytest
from faust.types import TP
from faust.types.tuples import ack_lock

from stream.fastlane import install
from stream.fastlane.consumer import EventConsumer

NUMBERS = TP("numbers", 0)


@pytest.fixture
def consumer() -> Iterator[EventConsumer]:
    """One that reads nothing."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    async def make() -> EventConsumer:
        app = faust.App("lanes", broker="kafka://127.0.0.1:1")
        install(app, "event")
        return cast(EventConsumer, app.consumer)

    made = loop.run_until_complete(make())
    yield made
    asyncio.set_event_loop(None)
    for one in (loop, made._thread.thread_loop):
        one.close()


def test_what_another_thread_acknowledges_during_a_commit_is_kept(consumer: EventConsumer) -> None:
    consumer._tracks[NUMBERS].begin(0)
    offsets: list[int | None] = []
    commit = Thread(target=lambda: offsets.append(consumer._new_offset(NUMBERS)))
    with ack_lock:
        # As Faust's ``Consumer.ack`` does: it looks the list up, and then changes it.
        acked = consumer._acked[NUMBERS]
        commit.start()
        commit.join(0.1)
        acked.append(0)
    commit.join()
    assert consumer._new_offset(NUMBERS) == 1
