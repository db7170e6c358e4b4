"""Pictures larger than one machine's memory: computed tile by tile by workers of dask.distributed.

In: a picture (problems.Picture) and a variant's name. Out: an int64 array (width, height) in a
.npy file, to be mapped into memory, or in a zarr array.

    tiling    where the tiles lie
    work      a tile computed, on a worker
    cluster   the workers: processes here, or a scheduler somewhere
    flow      a few tiles under way at a time, each finished one handed on
    store     the file that they go to, whole or not at all

    tiling ──tile──> workers ──heights──> flow ──heights──> store

Only the caller's process writes. Workers on other machines share no disk with it, one that is
killed leaves no half tile behind, and a full disk is one process's error.
"""


class TilesFailed(Exception):
    """The picture could not be computed or stored; one sentence says why and what to do."""
