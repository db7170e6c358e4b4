"""Lane "event": an event goes straight into the one channel that reads its partition.

As Faust's conductor does it (``on_message`` in faust/transport/conductor.py), without its three
coroutines and the look at everything that could make it wait, which is looked at once for a turn.
A topic that decodes as Faust does is all it takes; several channels, or a decoder of the app's
own, are the conductor's.

The conductor tells the app of a record that cannot be decoded at once, ahead of all that wait in
the channel. Here it waits among them, so that an app that stops has not been told of records that
are behind those it commits.
"""

import asyncio
from typing import Any

from faust import App
from faust.exceptions import KeyDecodeError, ValueDecodeError
from faust.types import TP

from .decoding import key_decoder, value_decoder


class Undecodable:
    """A record that cannot be decoded, in the place of its event; a stream tells the app."""

    __slots__ = ("error", "message")

    def __init__(self, message: Any, error: Exception) -> None:
        self.message = message
        self.error = error


class Direct:
    """The way of a partition's records into ``channel``, which alone reads it."""

    __slots__ = ("_app", "_create", "_key", "_on_drop", "_on_full", "_on_high", "_queue", "_value")

    def __init__(self, consumer: Any, tp: TP, channel: Any) -> None:
        app = consumer.app

        def on_full() -> None:
            app.sensors.on_topic_buffer_full(tp)

        def on_high() -> None:
            on_full()
            consumer.on_buffer_full(tp)

        def on_drop() -> None:
            consumer.on_buffer_drop(tp)

        self._app, self._queue = app, channel.queue
        self._value = value_decoder(channel)
        self._key = key_decoder(channel)
        self._on_full, self._on_high, self._on_drop = on_full, on_high, on_drop
        self._create = _creator(app)

    def put_now(self, message: Any) -> bool:
        """Put the message's event into the channel; False, and nothing done: it is full."""
        if self._queue.full():
            return False
        self._queue.put_nowait_enhanced(
            self._item(message), on_pressure_high=self._on_high, on_pressure_drop=self._on_drop
        )
        return True

    async def put(self, message: Any) -> None:
        """Put it there as soon as the app takes more."""
        await self._app.flow_control.acquire()
        await self._app.producer.buffer.wait_until_ebb()
        if not self.put_now(message):
            self._on_full()
            # In a task of its own: a queue that is emptied cancels who waits to put something in.
            await asyncio.wait([asyncio.ensure_future(self._queue.put(self._item(message)))])

    def _item(self, message: Any) -> Any:
        """What the channel gets of the message, which nobody else has yet."""
        message.refcount += 1
        try:
            key = self._key(message)
            value = self._value(message)
        except (KeyDecodeError, ValueDecodeError) as error:
            return Undecodable(message, error)
        return self._create(key, value, message.headers, message)


def _creator(app: Any) -> Any:
    """``app.create_event``; the setting that it reads costs more than the event."""
    if type(app).create_event is not App.create_event:
        return app.create_event
    event = app.conf.Event
    return lambda key, value, headers, message: event(app, key, value, headers, message)
