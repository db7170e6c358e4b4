"""Lane "bulk": what was fetched goes into the channel in parts, and the stream takes them apart.

    fetch   p0 |----|----|----|   p1 |----|----|
    feed    p0 |----|----|----|      each partition's parts in a line of their own, which take
            p1 |----|----|           turns of 5 ms or a part, whichever is over first

A partition travels so if exactly one channel reads it, a plain topic that decodes as Faust does,
and exactly one stream iterates over that channel. Everything else (several agents on a topic,
concurrency, changelogs, replies, a channel that somebody reads himself) goes event by event.

Room: a partition is fetched while the parts that wait hold fewer records than
``stream_buffer_maxsize`` and fewer bytes than ``MOST_BYTES``, so that at most one fetch more waits.
"""

from collections import deque
from collections.abc import Iterable
from functools import cache
from itertools import chain
from typing import Any, cast
from weakref import WeakKeyDictionary

from faust.types import TP

from .consumer import EventConsumer, Records
from .decoding import is_plain, key_decoder, keys_may_be_bad, value_decoder
from .part import Part, PartMessage

# Records of a part; few enough that one part is decoded and handled within a few turns.
PART = 500
MOST_BYTES = 4 << 20


class Feed:
    """One channel that is read in parts: how they are decoded, and those that wait.

    A stream moves parts from the channel's queue into the lines of their partitions, so that a
    slow agent gets records of all partitions in turn. The lines outlive a stream: an agent that
    is started again goes on there.
    """

    def __init__(self, channel: Any) -> None:
        self.app = channel.app
        self.channel = channel
        self.value = value_decoder(channel)
        self.key = key_decoder(channel)
        self.keys_may_be_bad = keys_may_be_bad(channel)
        # The first line's first part is handed out at present.
        self._lines: deque[deque[Part]] = deque()
        self._most = self.app.conf.stream_buffer_maxsize

    def part(self) -> Part | None:
        """The part whose records are to be handed out now, or None."""
        queue = self.channel.queue
        while (waiting := queue._queue) and type(waiting[0]) is Part:
            self.add(queue.get_nowait())
        return self._lines[0][0] if self._lines else None

    def add(self, part: Part) -> None:
        """Put a part at the end of its partition's line."""
        for line in self._lines:
            if line[0].tp == part.tp:
                line.append(part)
                return
        self._lines.append(deque([part]))

    def next_turn(self) -> None:
        """It is another partition's turn, if one waits."""
        self._lines.rotate(-1)

    def drop(self, part: Part) -> None:
        """This part has nothing more to hand out."""
        for line in self._lines:
            if line[0] is part:
                line.popleft()
                break
        self._lines = deque(line for line in self._lines if line)

    def has_room(self) -> bool:
        """Whether what waits is little enough that more may be fetched."""
        records = size = 0
        for one in (*chain.from_iterable(self._lines), *self.channel.queue._queue):
            if type(one) is Part:
                records += len(one.records)
                size += one.size
            else:
                records += 1
        return records < self._most and size < MOST_BYTES


class BulkConsumer(EventConsumer):
    """The consumer that delivers parts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._feeds: WeakKeyDictionary[Any, Feed | None] = WeakKeyDictionary()
        # Parts that are not finished, in order.
        self._parts: dict[TP, list[Part]] = {}

    # ---------------------------------------------------------------- what goes in parts

    def feed(self, channel: Any) -> Feed | None:
        """The feed of a channel that can be read in parts, or None."""
        try:
            return self._feeds[channel]
        except KeyError:
            made = Feed(channel) if is_plain(channel) and channel.acks else None
            self._feeds[channel] = made
            return made

    def _feed_of(self, tp: TP) -> Feed | None:
        channels = cast(Any, self.app.topics)._tp_index.get(tp, ())
        if len(channels) != 1:
            return None
        (channel,) = channels
        feed = self.feed(channel)
        if feed is None:
            return None
        readers = [reader for reader in self.readers if reader.channel is channel]
        return feed if len(readers) == 1 and readers[0].takes_parts else None

    # ---------------------------------------------------------------- deliver

    def _with_room(self, tps: Iterable[TP]) -> set[TP]:
        index = cast(Any, self.app.topics)._tp_index
        # Asked once for each channel: its partitions share the room.
        has_room = cache(self._has_room)
        return {tp for tp in tps if all(map(has_room, index.get(tp, ())))}

    def _has_room(self, channel: Any) -> bool:
        feed = self.feed(channel)
        return feed is None or feed.has_room()

    async def _deliver(self, records: Records) -> None:
        in_parts = {tp: feed for tp in records if (feed := self._feed_of(tp))}
        if in_parts:
            epoch = self._epoch
            await self._until_producer_has_room()
            if epoch != self._epoch:
                await self._give_back(records)
                return
            for tp, feed in in_parts.items():
                self._put(feed, tp, records[tp])
        others = {tp: some for tp, some in records.items() if tp not in in_parts}
        if others:
            await super()._deliver(others)

    async def _until_producer_has_room(self) -> None:
        if self._is_producer_full():
            ebb = self.app.producer.buffer.wait_until_ebb()
            await self.wait_first(ebb, self.suspend_flow.wait())

    def _put(self, feed: Feed, tp: TP, records: list[Any]) -> None:
        """Put all of them into the channel, in parts."""
        self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        expected = self._next.get(tp)
        if expected is None:
            expected = records[0].offset
            self._tracks[tp].begin(expected)
        elif records[0].offset < expected:
            records = [record for record in records if record.offset >= expected]
        generation = self.app.consumer_generation_id
        for begin in range(0, len(records), PART):
            some = records[begin : begin + PART]
            part = Part(feed, tp, expected, some, generation)
            expected = some[-1].offset + 1
            self._next[tp] = expected
            self._read_offset[tp] = expected - 1
            self._parts.setdefault(tp, []).append(part)
            feed.channel.queue.force_put_nowait(part)

    def emptied_part(self) -> None:
        """A stream has got the last record of a part."""
        self._room.set()

    # ---------------------------------------------------------------- stop, finish, commit

    def stop_flow(self) -> None:
        """Block consumer from processing any more messages; parts hand out nothing more."""
        super().stop_flow()
        for parts in self._parts.values():
            for part in parts:
                part.close()

    def _forget(self, tps: Any) -> None:
        tps = list(tps)
        super()._forget(tps)
        for tp in tps:
            for part in self._parts.pop(tp, ()):
                part.close()

    def ack(self, message: Any) -> bool:
        """Mark message as being acknowledged by stream."""
        if type(message) is PartMessage:
            return not message.acked and message.on_final_ack(self)
        return super().ack(message)

    def finish(self, message: PartMessage) -> None:
        """A record whose event was asked for is finished."""
        message.part.late.add(message.index)
        self._unacked_messages.discard(message)
        self._n_acked += 1
        self.wake_waiting()

    def _collect(self, tp: TP) -> None:
        super()._collect(tp)
        if parts := self._parts.get(tp):
            for part in parts:
                self._tracks[tp].finish(*part.progress())
            # One that never finishes must not keep those after it in memory.
            self._parts[tp] = [part for part in parts if not part.finished]
