"""Lane "event": an event goes straight into the one channel that reads its partition.

As Faust's conductor does it (``on_message`` in faust/transport/conductor.py), without its three
coroutines and the look at everything that could make it wait, which is looked at once for a turn.
A topic that decodes as Faust does is all it takes; several channels, or a decoder of the app's
own, are the conductor's.
"""

from typing import Any

from faust import App
from faust.exceptions import KeyDecodeError, ValueDecodeError
from faust.types import TP

from .decoding import key_decoder, value_decoder


class Direct:
    """The way of a partition's records into ``channel``, which alone reads it."""

    __slots__ = ("_create", "_key", "_on_drop", "_on_high", "_queue", "_value")

    def __init__(self, consumer: Any, tp: TP, channel: Any) -> None:
        app = consumer.app
        on_topic_buffer_full = app.sensors.on_topic_buffer_full

        def on_high() -> None:
            on_topic_buffer_full(tp)
            consumer.on_buffer_full(tp)

        def on_drop() -> None:
            consumer.on_buffer_drop(tp)

        self._queue = channel.queue
        self._value = value_decoder(channel)
        self._key = key_decoder(channel)
        self._on_high, self._on_drop = on_high, on_drop
        self._create = _creator(app)

    def put(self, message: Any) -> bool:
        """Put the message's event into the channel; False, and nothing done: the conductor must."""
        queue = self._queue
        if queue.full():
            return False
        try:
            key = self._key(message)
            value = self._value(message)
        except (KeyDecodeError, ValueDecodeError):
            return False
        # Nobody else has it yet.
        message.refcount += 1
        queue.put_nowait_enhanced(
            self._create(key, value, message.headers, message),
            on_pressure_high=self._on_high,
            on_pressure_drop=self._on_drop,
        )
        return True


def _creator(app: Any) -> Any:
    """``app.create_event``; the setting that it reads costs more than the event."""
    if type(app).create_event is not App.create_event:
        return app.create_event
    event = app.conf.Event
    return lambda key, value, headers, message: event(app, key, value, headers, message)
