"""Lane "event": fetch, deliver one by one, commit what was finished in a row.

    fetch ── flow and epoch as before? ── deliver each ── (stream acknowledges) ── commit
                     no: give them back   direct or conductor

What differs from Faust's consumer, which it is in everything else:

    deliver     straight into the channel where one alone reads (``direct``), else by the conductor,
                called directly where it cannot block; Faust makes four tasks for each record, to
                notice a stop while the conductor waits
    bad         a record that cannot be decoded waits for its turn; Faust tells the app at once
    turns       the loop gets one after 5 ms of delivering, instead of after each 100 records
    no room     waits for room; Faust sleeps a second if every partition's buffer is full
    revoked     what was acknowledged is forgotten after it was committed, not before
    commit      the offset after the last record that is finished in a row, beginning with the
                first one delivered; Faust passes over an unfinished one at the committed offset
    many        a commit after so many records goes on beside fetching; Faust fetches and delivers
                nothing until the broker has answered
    last        what was finished while a commit was under way is committed too, before partitions
                are given up or the app ends
    stale       records of a fetch that a rebalance or a seek overtook are given back
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from time import monotonic
from typing import Any, cast

from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ack_lock
from mode.utils.futures import notify

from .decoding import is_plain
from .direct import Direct
from .track import Track

# How long one task may keep the loop.
TURN_S = 0.005
# As Faust's consumer: how long a fetch waits for records.
FETCH_S = 1.0
# And while a partition that has no room may get it back meanwhile.
FETCH_BESIDE_FULL_S = 0.05

Records = Mapping[TP, list[Any]]


class EventConsumer(driver.Consumer):
    """Faust's consumer for aiokafka, with its own way from the fetch to the conductor."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tracks: MutableMapping[TP, Track] = defaultdict(Track)
        # The offset after the last one delivered, since the last seek.
        self._next: dict[TP, int] = {}
        # Counts stops of the flow and seeks: a fetch belongs to the epoch in which it began.
        self._epoch = 0
        # Of each partition that one channel reads: that channel, and the way into it, if any.
        self._directs: dict[TP, tuple[Any, Direct | None]] = {}
        self._room = asyncio.Event()
        self._is_threaded: bool = self.app.conf.producer_threaded
        # What iterates over parts at present; see ``stream.Reader``.
        self.readers: set[Any] = set()

    # ---------------------------------------------------------------- flow

    def stop_flow(self) -> None:
        """Block consumer from processing any more messages."""
        self._epoch += 1
        super().stop_flow()

    def on_buffer_drop(self, tp: TP) -> None:
        """A channel of ``tp`` has room again."""
        super().on_buffer_drop(tp)
        self._room.set()

    async def perform_seek(self) -> None:
        """Seek all partitions to their current committed position."""
        self._epoch += 1
        await super().perform_seek()
        self._forget({*self._tracks, *self._acked})

    async def seek(self, partition: TP, offset: int) -> None:
        """Seek partition to specific offset."""
        self._epoch += 1
        await super().seek(partition, offset)
        self._forget([TP(*partition)])

    def _forget(self, tps: Iterable[TP]) -> None:
        """Begin anew with these partitions: they are read from another offset, or by another."""
        for tp in tps:
            self._tracks.pop(tp, None)
            self._next.pop(tp, None)
            self._directs.pop(tp, None)
            self._acked.pop(tp, None)
            self._acked_index.pop(tp, None)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit what is finished of the partitions, then forget them."""
        for tp in revoked:
            self._collect(tp)
        await super().on_partitions_revoked(revoked)
        self._forget(revoked)

    # ---------------------------------------------------------------- fetch and deliver

    async def _drain_messages(self, fetcher: Any) -> None:
        if self.app.client_only:
            # Replies to a client: few, and without a group.
            await super()._drain_messages(fetcher)
        else:
            await self._drain(fetcher)

    async def _drain(self, fetcher: Any) -> None:
        stopped, fetcher_stopped = self._stopped.is_set, fetcher._stopped.is_set
        try:
            while not (stopped() or fetcher_stopped()):
                await asyncio.sleep(0)
                epoch = self._epoch
                records = await self._fetch()
                if stopped() or fetcher_stopped():
                    return
                if not records:
                    continue
                if epoch != self._epoch or not self.flow_active:
                    await self._give_back(records)
                    continue
                self._commit_if_many()
                await self._deliver(records)
        except self.consumer_stopped_errors:
            if self.transport.app.should_stop:
                self.log.info("Broker stopped consumer, shutting down...")
                return
            raise
        except asyncio.CancelledError:
            if self.transport.app.should_stop:
                self.log.info("Consumer shutting down for user cancel.")
                return
            raise
        except Exception as error:
            self.log.exception("Drain messages raised: %r", error)
            raise

    async def _fetch(self) -> Records:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]
            return {}
        active = self._get_active_partitions()
        wanted = self._with_room(active)
        if not wanted:
            self._room.clear()
            # Partitions that are assigned or resumed meanwhile set nothing: look again then.
            await self.wait(self._room, timeout=FETCH_S)  # type: ignore[arg-type]
            return {}
        is_all = len(wanted) == len(active) and not self._buffered_partitions
        return await self._getmany(wanted, FETCH_S if is_all else FETCH_BESIDE_FULL_S)

    def _with_room(self, tps: Iterable[TP]) -> set[TP]:
        """Those of which more may be fetched; those with full buffers are not active at all."""
        return set(tps)

    def _commit_if_many(self) -> None:
        """Begin a commit, if enough was finished since the last one and none is under way."""
        if self._commit_every is None or self._n_acked < self._commit_every:
            return
        if self._commit_fut is None:
            self._n_acked = 0
            self.add_future(self.commit())

    async def _deliver(self, records: Records) -> None:
        """Give the records to the channels, as Faust's scheduler orders them."""
        epoch = self._epoch
        for tp in records:
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        ordered: Iterator[tuple[TP, Any]] = self.scheduler.iterate(records)
        turn_ends = monotonic() + TURN_S
        # The ways straight into a channel; they hold until something else may have run.
        directs: dict[TP, Direct | None] = {}
        for tp, record in ordered:
            if self._is_new(tp, record.offset):
                message = self._to_message(tp, record)
                if tp not in directs:
                    directs[tp] = None if self._is_held() else self._direct(tp)
                direct = directs[tp]
                if direct is None or not direct.put_now(message):
                    directs.clear()
                    if self._would_block(tp):
                        await self.wait_first(
                            self._put_in_turn(tp, message), self.suspend_flow.wait()
                        )
                    else:
                        await self._put_in_turn(tp, message)
            if monotonic() > turn_ends:
                directs.clear()
                await asyncio.sleep(0)
                turn_ends = monotonic() + TURN_S
            if epoch != self._epoch or self._stopped.is_set():
                await self._give_back(_rest(ordered))
                return

    def _direct(self, tp: TP) -> Direct | None:
        """The way past the conductor for records of ``tp``, if a stream alone reads them."""
        channels = cast(Any, self.app.topics)._tp_index.get(tp, ())
        if len(channels) != 1:
            return None
        (channel,) = channels
        if not any(reader.channel is channel for reader in self.readers):
            return None
        known = self._directs.get(tp)
        if known is None or known[0] is not channel:
            # aiokafka's own name of the partition is equal, but Faust refuses it.
            direct = Direct(self, TP(*tp), channel) if is_plain(channel) else None
            known = self._directs[tp] = channel, direct
        return known[1]

    async def _put_in_turn(self, tp: TP, message: Any) -> None:
        """Give a record to its channels as soon as they take it."""
        lock = cast(Any, self.app.topics)._tp_to_callback_lock
        # The conductor finds out which channels read what.
        direct = None if lock.locked() else self._direct(tp)
        await (self.callback(message) if direct is None else direct.put(message))

    def _is_new(self, tp: TP, offset: int) -> bool:
        """Note that this record is delivered; False: it was, so that it is dropped."""
        expected = self._next.get(tp)
        if expected is None:
            self._tracks[tp].begin(offset)
        elif offset > expected:
            # Nothing is there: compacted away, or the marker of a transaction.
            self._tracks[tp].finish(expected, offset)
        elif offset < expected:
            self.log.dev("DROPPED MESSAGE ROFF %r", offset)
            return False
        self._next[tp] = offset + 1
        self._read_offset[tp] = offset
        return True

    def _would_block(self, tp: TP) -> bool:
        channels = cast(Any, self.app.topics)._tp_index.get(tp, ())
        return self._is_held() or any(channel.queue.full() for channel in channels)

    def _is_held(self) -> bool:
        """Whether the conductor would wait, whatever partition it is."""
        app = self.app
        return (
            not app.flow_control.is_active()
            or self._is_producer_full()
            or cast(Any, app.topics)._tp_to_callback_lock.locked()
        )

    def _is_producer_full(self) -> bool:
        buffer = self.app.producer.buffer
        # The size reads a setting, which costs as much as the rest of this.
        is_empty = buffer.pending.empty() and not self._is_threaded
        return not is_empty and buffer.size > buffer.max_messages

    async def _give_back(self, records: Records) -> None:
        """Undo a fetch: read these again, unless somebody has sought elsewhere meanwhile."""
        spans = {tp: (some[0].offset, some[-1].offset + 1) for tp, some in records.items() if some}
        if spans:
            await self._thread.call_thread(self._rewind, spans)

    async def _rewind(self, spans: Mapping[TP, tuple[int, int]]) -> None:
        # In the consumer's own thread and without a pause, so that no seek comes in between.
        consumer = self._thread._ensure_consumer()
        subscriptions = consumer._subscription
        for tp, (first, end) in spans.items():
            if not subscriptions.is_assigned(tp):
                continue
            state = subscriptions.subscription.assignment.state_value(tp)
            if state.has_valid_position and state.position >= end:
                consumer.seek(tp, first)

    # ---------------------------------------------------------------- commit

    async def wait_empty(self) -> None:
        """Wait until what agents have in hand is finished, then commit."""
        while not self.should_stop and any(reader.busy for reader in self.readers):
            await self.commit()
            await self._wait_for_ack(timeout=1)
        await super().wait_empty()

    async def commit_and_end_transactions(self) -> None:
        """Commit all that is finished, also what was after a commit began that is under way."""
        # ``commit`` waits for such a one, and does nothing then.
        while await self.maybe_wait_for_commit_to_finish():
            pass
        await super().commit_and_end_transactions()

    def wake_waiting(self) -> None:
        """A record was finished: whoever waits for that looks again."""
        if self._waiting_for_ack is not None:
            notify(self._waiting_for_ack)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return iter(
            [tp for tp in self._tracks if topics is None or tp in topics or tp.topic in topics]
        )

    def _collect(self, tp: TP) -> None:
        """Move what was acknowledged message by message into the partition's track."""
        with ack_lock:
            # A thread that acknowledges holds it from the look at the list to its change.
            acked = self._acked.pop(tp, ())
            self._acked_index.pop(tp, None)
        for offset in acked:
            self._tracks[tp].finish(offset, offset + 1)

    def _new_offset(self, tp: TP) -> int | None:
        self._collect(tp)
        return self._tracks[tp].advance()


def _rest(ordered: Iterator[tuple[TP, Any]]) -> dict[TP, list[Any]]:
    """What was not delivered."""
    rest: dict[TP, list[Any]] = {}
    for tp, record in ordered:
        rest.setdefault(tp, []).append(record)
    return rest
