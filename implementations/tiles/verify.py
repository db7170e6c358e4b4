"""What a store holds, compared bit for bit with another variant's answer to the same tiles."""

import random
from contextlib import closing

import numpy as np
from distributed import Client

from implementations.check import Difference, compare
from implementations.registry import STAND_INS, Unavailable, load
from implementations.tiles import TilesFailed
from implementations.tiles.cluster import check_workers
from implementations.tiles.flow import Ledger, compute
from implementations.tiles.store import Store
from implementations.tiles.tiling import Tile, Tiling
from implementations.tiles.work import Probe

CHECKED_TILES = 8
"""A sample is enough: a fault of a worker or of the store affects many tiles."""


def sample(tiling: Tiling, rng: random.Random) -> tuple[Tile, ...]:
    """CHECKED_TILES of the tiling's tiles, or all if there are no more."""
    chosen = set(rng.sample(range(tiling.tiles), min(tiling.tiles, CHECKED_TILES)))
    return tuple(tile for place, tile in enumerate(tiling) if place in chosen)


def judge_of(variant: str) -> str:
    """The fastest other variant that takes no short cut. Raises TilesFailed if none runs."""
    for name in STAND_INS:
        if name != variant:
            try:
                load(name)
            except Unavailable:
                continue
            return name
    raise TilesFailed(f"nothing to compare with: none of {', '.join(STAND_INS)} is available")


def first_difference(
    client: Client, judge: str, tiling: Tiling, tiles: tuple[Tile, ...], store: Store, probe: Probe
) -> tuple[Tile, Difference] | None:
    """The first of the tiles in which the store differs from the judge; None if none does."""
    check_workers(client, judge)
    with closing(compute(client, judge, tiling, iter(tiles), probe, Ledger())) as judged:
        for tile, heights in judged:
            difference = compare(heights.astype(np.int64), store.read(tile))
            if not difference.equal:
                return tile, difference
    return None
