"""Some fetched records of one partition on their way to an agent, in order.

    records    r0 r1 r2 r3 r4 r5 r6 r7
               ------- ^  ^- cursor: the next that is handed out
               done = 2: all before it are finished

Records are handed out once, whoever iterates: an agent that was started again after an error goes
on where the one before it stopped. A part that is closed hands out no more; what it handed out can
still be finished.
"""

import typing
from collections.abc import Iterator
from typing import Any
from weakref import WeakValueDictionary

from faust.types import TP
from faust.types.tuples import ConsumerMessage

if typing.TYPE_CHECKING:
    from .bulk import Feed


class PartMessage(ConsumerMessage):
    """Faust's message, whose acknowledgement goes to its part."""

    __slots__ = ("index", "part")

    part: "Part"
    index: int

    def on_final_ack(self, consumer: Any) -> bool:
        """Every stream that shares the message is done with it."""
        self.acked = True
        consumer.finish(self)
        return True


class Part:
    """Records of one partition in the order of their offsets.

    ``start``: the offset after the part before it; ``size``: bytes of all values.
    """

    __slots__ = (
        "_events",
        "_waiting",
        "cursor",
        "done",
        "feed",
        "generation",
        "late",
        "records",
        "size",
        "start",
        "tp",
    )

    def __init__(
        self, feed: "Feed", tp: TP, start: int, records: list[Any], generation: int
    ) -> None:
        self.feed = feed
        self.tp = tp
        self.start = start
        self.records = records
        self.generation = generation
        self.size = sum(record.serialized_value_size for record in records)
        self.done = 0
        # Finished before one that comes earlier; any thread may add to it.
        self.late: set[int] = set()
        self._waiting = list(records)
        self.cursor: Iterator[tuple[int, Any]] = enumerate(self._waiting)
        self._events: WeakValueDictionary[int, Any] | None = None

    def close(self) -> None:
        """Hand out nothing any more."""
        self._waiting.clear()

    def progress(self) -> tuple[int, int]:
        """The stretch of offsets ``[start, end)`` that is finished in a row."""
        late = self.late
        done = self.done
        while done in late:
            late.discard(done)
            done += 1
        self.done = done
        if not done:
            return self.start, self.start
        return self.start, self.records[done - 1].offset + 1

    @property
    def finished(self) -> bool:
        """Whether every record is."""
        return self.done >= len(self.records)

    def event(self, index: int, value: Any) -> Any:
        """Return the event of one record, the same one as long as somebody holds it."""
        events = self._events
        if events is None:
            events = self._events = WeakValueDictionary()
        event = events.get(index)
        if event is None:
            record = self.records[index]
            message = self.message(index)
            event = self.feed.app.create_event(
                self.feed.key(record), value, record.headers, message
            )
            events[index] = event
        return event

    def message(self, index: int) -> PartMessage:
        """Return a new message of one record, as Faust's consumer makes it."""
        record = self.records[index]
        timestamp = record.timestamp
        message = PartMessage(
            record.topic,
            record.partition,
            record.offset,
            None if timestamp is None else timestamp / 1000.0,  # type: ignore[arg-type]
            record.timestamp_type,
            record.headers,
            record.key,
            record.value,
            record.checksum,
            record.serialized_key_size,
            record.serialized_value_size,
            self.tp,
            generation_id=self.generation,
        )
        message.part = self
        message.index = index
        message.refcount = 1
        return message
