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


class SlowBroker:
    """Answers to a commit only when it is told to; ``offsets`` is what it was to commit."""

    def __init__(self, consumer: EventConsumer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.offsets: list[int | None] = []
        self.answered = asyncio.Event()

        async def commit(*_: object, **__: object) -> bool:
            self.offsets.append(consumer._new_offset(NUMBERS))
            await self.answered.wait()
            return True

        monkeypatch.setattr(consumer, "force_commit", commit)


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


def test_records_need_not_wait_for_the_answer_to_a_commit(
    consumer: EventConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deliver() -> None:
        broker = SlowBroker(consumer, monkeypatch)
        consumer._tracks[NUMBERS].begin(0)
        for finished in (1, 2):
            consumer._tracks[NUMBERS].finish(finished - 1, finished)
            consumer._n_acked = consumer.app.conf.broker_commit_every
            consumer._commit_if_many()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            # Only one at a time.
            assert broker.offsets == [1]
        broker.answered.set()
        await consumer.maybe_wait_for_commit_to_finish()
        consumer._commit_if_many()
        await consumer._gather_futures()
        assert broker.offsets == [1, 2]

    asyncio.get_event_loop().run_until_complete(deliver())


def test_what_is_finished_during_a_commit_is_committed_at_the_end(
    consumer: EventConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def end() -> None:
        broker = SlowBroker(consumer, monkeypatch)
        track = consumer._tracks[NUMBERS]
        track.begin(0)
        track.finish(0, 1)
        under_way = asyncio.create_task(consumer.commit())
        await asyncio.sleep(0)
        track.finish(1, 2)
        last = asyncio.create_task(consumer.commit_and_end_transactions())
        await asyncio.sleep(0)
        broker.answered.set()
        await asyncio.gather(under_way, last)
        assert broker.offsets == [1, 2]

    asyncio.get_event_loop().run_until_complete(end())
