"""Pictures larger than one machine's memory: computed tile by tile by workers of dask.distributed.

In: a picture (problems.Picture) and a variant's name. Out: an int64 array (width, height) in a
.npy file, to be mapped into memory, or in a zarr array.

    tiling    where the tiles are
    work      a tile computed, on a worker
    cluster   the workers: processes here, or a scheduler somewhere
    flow      a few tiles in progress at a time; passes on each finished one
    store     the file that they go to, complete or not at all

    tiling ──tile──> workers ──heights──> flow ──heights──> store

Only the caller's process writes: workers on other machines share no disk with it, a killed worker
leaves no half tile, and a full disk is an error of one process.
"""


class TilesFailed(Exception):
    """The picture could not be computed or stored; one sentence says why and what to do."""
