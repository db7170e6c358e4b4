"""Where the tiles go: a .npy file or a zarr array, under a temporary name until complete.

The .npy file is written, not mapped: pages of a map count as this process's memory, and a full
disk would kill it (SIGBUS), while a write reports an error. Readers can map the file.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from implementations.grid import Heights
from implementations.tiles import TilesFailed
from implementations.tiles.tiling import Tile, Tiling

HEIGHT = np.dtype(np.int64)
"""As in every variant's answer."""

CANNOT_RESERVE = (errno.EOPNOTSUPP, errno.EINVAL)
"""The errors of file systems that allocate space only when it is written."""


class Store(Protocol):
    """Accepts tiles in any order, and returns what it holds."""

    def write(self, tile: Tile, heights: NDArray[Any]) -> None:
        """Keep heights, (width, height) of any integer type, as the tile's. Raises OSError."""
        ...

    def read(self, tile: Tile) -> Heights:
        """What was written for the tile, (width, height) int64."""
        ...

    def flush(self) -> None:
        """Wait until what was written is on the disk, as far as the format can tell. OSError."""
        ...

    def keep(self) -> None:
        """Give it its final name, replacing what has that name. OSError."""
        ...


@contextmanager
def new_store(path: Path, tiling: Tiling) -> Iterator[Store]:
    """A store for ``path``, by its suffix; without ``keep`` nothing is left of it.

    Raises TilesFailed if the disk is too small for a .npy file, and OSError.
    """
    with FORMS[path.suffix](path, tiling) as store:
        yield store


@contextmanager
def _npy(path: Path, tiling: Tiling) -> Iterator[Store]:
    needed_bytes = tiling.picture.pixels * HEIGHT.itemsize
    free_bytes = shutil.disk_usage(path.parent).free
    if needed_bytes > free_bytes:
        raise TilesFailed(f"{path} takes {needed_bytes:,} bytes, and {free_bytes:,} are free there")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w+b", buffering=0) as file:
            shape = tiling.picture.width, tiling.picture.height
            header = {"descr": HEIGHT.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            start = file.tell()
            _reserve(file.fileno(), start + needed_bytes)
            yield _NpyStore(path, temporary, file.fileno(), start, tiling.picture.height)
    finally:
        temporary.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _NpyStore:
    """An array of rows of ``row`` heights that begins ``start`` bytes into the file."""

    path: Path
    temporary: Path
    descriptor: int
    start: int
    row: int

    def write(self, tile: Tile, heights: NDArray[Any]) -> None:
        for column, values in enumerate(heights):
            rest = memoryview(values.astype(HEIGHT)).cast("B")
            place = self._place(tile, column)
            while rest:
                written = os.pwrite(self.descriptor, rest, place)
                rest, place = rest[written:], place + written

    def read(self, tile: Tile) -> Heights:
        heights = np.empty((tile.width, tile.height), HEIGHT)
        for column, values in enumerate(heights):
            content = os.pread(self.descriptor, values.nbytes, self._place(tile, column))
            values[:] = np.frombuffer(content, HEIGHT)
        return heights

    def flush(self) -> None:
        os.fsync(self.descriptor)

    def keep(self) -> None:
        # mkstemp makes private files; this one is as readable as any new file.
        os.fchmod(self.descriptor, 0o666 & ~_mask())
        self.temporary.replace(self.path)

    def _place(self, tile: Tile, column: int) -> int:
        return self.start + HEIGHT.itemsize * ((tile.left + column) * self.row + tile.bottom)


@contextmanager
def _zarr(path: Path, tiling: Tiling) -> Iterator[Store]:
    """How much disk it takes is known only at the end, because zarr compresses it by default."""
    import zarr

    folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        array = zarr.create_array(
            store=folder / "new",
            shape=(tiling.picture.width, tiling.picture.height),
            chunks=(tiling.width, tiling.height),
            dtype=HEIGHT,
        )
        yield _ZarrStore(path, folder, array)
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True, slots=True)
class _ZarrStore:
    """An array whose chunks are the tiles."""

    path: Path
    folder: Path
    array: Any

    def write(self, tile: Tile, heights: NDArray[Any]) -> None:
        self.array[_columns(tile), _rows(tile)] = heights

    def read(self, tile: Tile) -> Heights:
        heights: Heights = self.array[_columns(tile), _rows(tile)]
        return heights

    def flush(self) -> None:
        """zarr closes each chunk's file when it is written, and offers no more."""

    def keep(self) -> None:
        # A folder cannot take the place of another.
        if self.path.exists():
            self.path.rename(self.folder / "old")
        (self.folder / "new").rename(self.path)


def _columns(tile: Tile) -> slice:
    return slice(tile.left, tile.left + tile.width)


def _rows(tile: Tile) -> slice:
    return slice(tile.bottom, tile.bottom + tile.height)


def _reserve(descriptor: int, size_bytes: int) -> None:
    """Reserve the space now, so that the disk is not full after an hour; if the system can."""
    if not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(descriptor, 0, size_bytes)
    except OSError as error:
        if error.errno not in CANNOT_RESERVE:
            raise


def _mask() -> int:
    """The permissions that new files of this process lack."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


FORMS: dict[str, Callable[[Path, Tiling], Any]] = {".npy": _npy, ".zarr": _zarr}
"""A store's context by the suffix of its file."""
