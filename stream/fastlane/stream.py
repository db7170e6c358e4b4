"""What an agent iterates over, in both lanes.

Faust's own iteration gives the event loop a turn for each event, and goes through two coroutines
to get one. This one takes what waits in the channel directly, and gives the loop a turn after 5 ms,
or when nothing waits. A part of lane "bulk" is taken apart here: each value is decoded when its
turn comes, and an Event is made if somebody asks (``events()``, ``current_event``, a table, a
processor, ``noack``, ``take``, a sensor that is not Faust's monitor).
"""

import asyncio
import weakref
from collections.abc import AsyncIterator
from functools import partial
from time import monotonic
from typing import Any, cast

import faust
from faust.exceptions import KeyDecodeError, Skip, ValueDecodeError
from faust.streams import _current_event
from faust.types import ChannelT, EventT
from mode.utils.futures import maybe_async

from . import counts
from .bulk import BulkConsumer, Feed
from .consumer import TURN_S, EventConsumer
from .direct import Undecodable
from .part import Part


class Reader:
    """One iteration over a channel.

    ``busy``: the agent has a record of a part in hand; ``takes_parts``: whether it may get parts.
    """

    __slots__ = ("busy", "channel", "takes_parts")

    def __init__(self, channel: Any, takes_parts: bool) -> None:
        self.channel = channel
        self.takes_parts = takes_parts
        self.busy = False


class LaneStream(faust.Stream):  # type: ignore[type-arg]
    """Faust's stream with an iteration of its own."""

    _event: Any = None
    # The record of a part that is in hand: its part, place and value.
    _part: Part | None = None
    _index = 0
    _value: Any = None

    @property
    def current_event(self) -> Any:
        """The event in hand, or None; of a part's record it is made here."""
        if self._event is None and self._part is not None:
            self._event = self._part.event(self._index, self._value)
        return self._event

    @current_event.setter
    def current_event(self, event: Any) -> None:
        self._event = event
        if event is None:
            self._part = None

    def __aiter__(self) -> AsyncIterator[Any]:
        iteration = self._iterate()
        self._active_agens.add(cast(Any, iteration))
        return iteration

    async def _iterate(self) -> AsyncIterator[Any]:
        self._finalized = True
        started_here = await self.maybe_start()
        channel = cast(Any, self.channel)
        is_channel = isinstance(channel, ChannelT)
        wait_for_one = channel.__anext__
        if is_channel:
            queue = channel.queue
            errors, is_empty, take = queue._errors, queue.empty, queue.get_nowait
        app, consumer = self.app, cast(Any, self.app.consumer)
        feed = self._feed(consumer, channel)
        reader = Reader(
            channel, feed is not None and self.concurrency_index is None and self.enable_acks
        )
        if isinstance(consumer, EventConsumer):
            consumer.readers.add(reader)
        is_one_of_many = self.concurrency_index is not None or self.active_partitions is not None
        sensors = app.sensors
        stopped = self._stopped.is_set
        processors = self._processors
        suspended = app.flow_control._suspend.is_set
        skipped = self._skipped_value
        set_current = cast(Any, _current_event.set)
        keeps_values = type(self).on_merge is faust.Stream.on_merge
        turn_ends = monotonic() + TURN_S
        try:
            while not self.should_stop:
                # ------------------------------------------------ the next thing in the channel
                if is_one_of_many:
                    # Faust hands events to the instances of an agent in turn.
                    await asyncio.sleep(0)
                do_ack = self.enable_acks
                waiting = None
                if is_channel:
                    if errors:
                        raise errors.popleft()
                    if feed is not None:
                        waiting = feed.part()
                    if waiting is None and is_empty():
                        item = await wait_for_one()
                        turn_ends = monotonic() + TURN_S
                    elif monotonic() > turn_ends:
                        await asyncio.sleep(0)
                        turn_ends = monotonic() + TURN_S
                        continue
                    else:
                        item = waiting or take()
                else:
                    await asyncio.sleep(0)
                    item = await wait_for_one()

                if type(item) is Part:
                    # -------------------------------------------- records of a part
                    part, feed = item, item.feed
                    if part is not waiting:
                        feed.add(part)
                        continue
                    decode_value, is_key_first = feed.value, feed.keys_may_be_bad
                    part_event, note_late = part.event, part.late.add
                    is_summed = counts.is_enough(sensors)
                    begun, number = monotonic(), 0
                    try:
                        for index, record in part.cursor:
                            try:
                                if is_key_first:
                                    feed.key(record)
                                value = decode_value(record)
                            except (KeyDecodeError, ValueDecodeError) as error:
                                await _tell(consumer, channel, part.message(index), error)
                                if errors or stopped():
                                    break
                                continue
                            if (
                                is_summed
                                and self.enable_acks
                                and not processors
                                and self.join_strategy is None
                            ):
                                self._part, self._index, self._value = part, index, value
                                set_current(partial(part_event, index, value))
                                number += 1
                                reader.busy = True
                                try:
                                    yield value
                                finally:
                                    reader.busy = False
                                    event, self._event = self._event, None
                                    self._part = None
                                    if event is not None:
                                        event.ack()
                                    elif index == part.done:
                                        part.done = index + 1
                                    else:
                                        note_late(index)
                                    consumer.wake_waiting()
                            else:
                                do_ack = self.enable_acks
                                event = part.event(index, value)
                                state = self._enter(consumer, event)
                                value = await self._process(value, skipped)
                                try:
                                    if value is not skipped:
                                        self.events_total += 1
                                        yield value
                                finally:
                                    self._event = None
                                    if do_ack or value is skipped:
                                        self._leave(event, state)
                            if errors or stopped():
                                break
                            if monotonic() > turn_ends:
                                feed.next_turn()
                                break
                        else:
                            # Everything was handed out, or the part was closed.
                            feed.drop(part)
                            consumer.emptied_part()
                    finally:
                        if number:
                            self._count(consumer, part, index, number, begun)
                    continue

                # ------------------------------------------------ an event, or any other thing
                event = None
                state = None
                if isinstance(item, EventT):
                    event = item
                    message = event.message
                    if suspended() or message.generation_id != app.consumer_generation_id:
                        self.log.dev("Skipping message %r of an earlier generation", message)
                        continue
                    state = self._enter(consumer, event)
                    value = event.value
                elif type(item) is Undecodable:
                    message = item.message
                    if not suspended() and message.generation_id == app.consumer_generation_id:
                        await _tell(consumer, channel, message, item.error)
                    continue
                else:
                    self._event = None
                    set_current(None)
                    value = item
                if processors or self.join_strategy is not None or not keeps_values:
                    value = await self._process(value, skipped)
                if value is None and event is None:
                    continue
                try:
                    if value is not skipped:
                        self.events_total += 1
                        yield value
                finally:
                    self._event = None
                    if event is not None and (do_ack or value is skipped):
                        self._leave(event, state)
        except StopAsyncIteration:
            # Thrown to end an iteration, or the end of a list that is streamed over.
            return
        finally:
            if isinstance(consumer, EventConsumer):
                consumer.readers.discard(reader)
            self._channel_stop_iteration(channel)
            if started_here:
                await self.stop()
                self.service_reset()

    def _feed(self, consumer: Any, channel: Any) -> Feed | None:
        if not isinstance(consumer, BulkConsumer) or self.combined:
            return None
        return consumer.feed(channel) if isinstance(channel, faust.Topic) else None

    # ---------------------------------------------------------------- one event, as Faust does

    def _enter(self, consumer: Any, event: Any) -> Any:
        """Track the message, tell the sensors, make the event the current one."""
        message = event.message
        tp, offset = message.tp, message.offset
        if not message.tracked and message.topic in self.app.topics.acking_topics:
            message.tracked = True
            consumer.unacked.add(message)
            self._on_message_in(tp, offset, message)
        state = self._on_stream_event_in(tp, offset, self, event)
        _current_event.set(weakref.ref(event))
        self._event = event
        return state

    async def _process(self, value: Any, skipped: object) -> Any:
        try:
            for processor in self._processors:
                value = await maybe_async(processor(value))
            return await self.on_merge(value)
        except Skip:
            return skipped

    def _leave(self, event: Any, state: Any) -> None:
        """Acknowledge the event and tell the sensors."""
        message = event.message
        tp, offset = message.tp, message.offset
        was_last = event.ack()
        self._on_stream_event_out(tp, offset, self, event, state)
        if was_last:
            self._on_message_out(tp, offset, message)

    def _count(self, consumer: Any, part: Part, index: int, number: int, begun: float) -> None:
        self.events_total += number
        consumer._n_acked += number
        offset = part.records[index].offset
        mean_s = (monotonic() - begun) / number
        counts.add(self.app.sensors, self, part.tp, offset, number, mean_s)


async def _tell(consumer: Any, channel: Any, message: Any, error: Exception) -> None:
    """Acknowledge the record and call the topic's handler, as Faust's conductor does."""
    message.ack(consumer)
    if isinstance(error, KeyDecodeError):
        await channel.on_key_decode_error(error, message)
    else:
        await channel.on_value_decode_error(error, message)
