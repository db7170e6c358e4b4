"""A few tiles in progress at a time, each passed on when it is finished.

Memory stays bounded on both sides: a worker holds what it computes and what is waiting to be
fetched, and this process holds one tile. A tile depends only on its place, so dask simply
computes it again, with the same answer, if its worker died.
"""

import math
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import uuid4

from distributed import CancelledError, Client, Future, KilledWorker, wait
from distributed.comm.core import CommClosedError
from numpy.typing import NDArray

from implementations.tiles import TilesFailed
from implementations.tiles.tiling import Tile, Tiling
from implementations.tiles.work import Answer, Probe, compute_tile

# One that is computed, and one to continue with while its answer is fetched and stored.
TILES_PER_THREAD = 2
# How often to ask a silent cluster for its workers; new ones get tiles after that time.
POLL_S = 0.5
# A tile is some MB; after this time it is requested again, from whichever worker has it then.
FETCH_LIMIT_S = 60.0
# Workers that were restarted are back in 2 s, in 10 on a busy machine.
NO_WORKER_LIMIT_S = 30.0

ENDED = ("finished", "error")
"""The statuses of a future with an answer; "lost": the answer was lost with its worker."""


@dataclass(slots=True)
class Ledger:
    """What else happened; filled while the tiles come in."""

    given_out_again: int = 0
    peak_memory_bytes: int | None = None
    prefix: str = field(default_factory=lambda: f"tile-{uuid4().hex}")

    def take_event(self, event: tuple[float, Any]) -> None:
        """Count the tiles that a lost worker had to compute or had not delivered yet."""
        _, message = event
        if message.get("action") == "remove-worker":
            lost = [*message["processing-tasks"], *message["lost-computed-tasks"]]
            self.given_out_again += sum(str(key).startswith(self.prefix) for key in lost)

    def take_peak(self, peak_memory_bytes: int | None) -> None:
        """Keep the largest of any worker."""
        if peak_memory_bytes is not None:
            self.peak_memory_bytes = max(self.peak_memory_bytes or 0, peak_memory_bytes)


def compute(
    client: Client,
    variant: str,
    tiling: Tiling,
    tiles: Iterator[Tile],
    probe: Probe,
    ledger: Ledger,
) -> Generator[tuple[Tile, NDArray[Any]], None, None]:
    """Each tile with its heights (of an unsigned type), in the order in which they are finished.

    If you leave it early, close it: that cancels what is in progress.
    Raises TilesFailed if a tile fails on a worker or kills several, or the workers are gone.
    """
    client.subscribe_topic("all", ledger.take_event)
    pool = _Pool(client)
    under_way: dict[Future[Answer], Tile] = {}

    def hand_out() -> None:
        for tile in islice(tiles, max(0, pool.tiles_at_once() - len(under_way))):
            key = f"{ledger.prefix}-{tile.left}-{tile.bottom}"
            future = client.submit(
                compute_tile, variant, tiling.picture, tile, probe, key=key, pure=False
            )
            under_way[future] = tile

    try:
        hand_out()
        while under_way:
            future = pool.first_finished(list(under_way))
            answer = _answer(future, under_way[future])
            if answer is None:
                continue
            tile = under_way.pop(future)
            future.release()
            ledger.take_peak(answer.peak_memory_bytes)
            # Before this tile is stored, so that no worker waits for the disk.
            hand_out()
            yield tile, answer.heights
    except (CancelledError, CommClosedError) as error:
        raise TilesFailed("the connection to the scheduler was lost") from error
    finally:
        with suppress(CommClosedError):
            client.cancel(list(under_way))
            client.unsubscribe_topic("all")


@dataclass(slots=True)
class _Pool:
    """How many threads there are, checked from time to time: workers come and go."""

    client: Client
    threads: int = 0
    asked_s: float = -math.inf

    def tiles_at_once(self) -> int:
        self._ask()
        return TILES_PER_THREAD * max(1, self.threads)

    def first_finished(self, futures: "list[Future[Answer]]") -> "Future[Answer]":
        """Wait for it. Raises TilesFailed if there are no workers for NO_WORKER_LIMIT_S."""
        alone_since_s = math.inf
        while True:
            with suppress(TimeoutError):
                wait(futures, timeout=POLL_S, return_when="FIRST_COMPLETED")
            ended = next((future for future in futures if future.status in ENDED), None)
            if ended is not None:
                return ended
            self._ask()
            now_s = time.monotonic()
            alone_since_s = math.inf if self.threads else min(alone_since_s, now_s)
            if now_s - alone_since_s > NO_WORKER_LIMIT_S:
                raise TilesFailed(
                    f"all workers are lost, and none came back for {NO_WORKER_LIMIT_S:.0f} s"
                )

    def _ask(self) -> None:
        now_s = time.monotonic()
        if now_s - self.asked_s > POLL_S:
            self.threads = sum(self.client.nthreads().values())
            self.asked_s = now_s


def _answer(future: "Future[Answer]", tile: Tile) -> Answer | None:
    """The tile's answer, or None if its worker was lost before it delivered it."""
    try:
        answer: Answer = future.result(timeout=FETCH_LIMIT_S)
    except KilledWorker as error:
        raise TilesFailed(
            f"{error.allowed_failures + 1} workers died on the tile {tile}: it may need more "
            "memory than they have; make tiles smaller or the limit larger"
        ) from error
    except (CancelledError, CommClosedError):
        raise
    except Exception as error:
        if isinstance(error, TimeoutError) and future.status != "error":
            return None
        reason = " ".join(str(error).split()) or type(error).__name__
        raise TilesFailed(f"the tile {tile} failed on a worker: {reason}") from error
    return answer
