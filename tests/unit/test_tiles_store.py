import errno
import os
import shutil
from pathlib import Path

import numpy as np
import psutil
import pytest

from implementations.grid import Heights
from implementations.problems import Picture
from implementations.tiles import TilesFailed
from implementations.tiles.store import new_store
from implementations.tiles.tiling import Tiling

TILING = Tiling(Picture(7, 5, 9), 3, 2)
WHOLE = np.arange(35, dtype=np.int64).reshape(7, 5)
SUFFIXES = pytest.mark.parametrize("suffix", [".npy", ".zarr"])


def fill_and_keep(path: Path, whole: Heights) -> None:
    """Backwards, and in the small type in which tiles travel."""
    with new_store(path, TILING) as store:
        for tile in reversed(list(TILING)):
            columns = slice(tile.left, tile.left + tile.width)
            rows = slice(tile.bottom, tile.bottom + tile.height)
            store.write(tile, whole[columns, rows].astype(np.uint8))
            assert np.array_equal(store.read(tile), whole[columns, rows])
        store.flush()
        store.keep()


def content(path: Path) -> Heights:
    if path.suffix == ".npy":
        mapped: Heights = np.load(path, mmap_mode="r")
        return mapped
    zarr = pytest.importorskip("zarr")
    return np.asarray(zarr.open_array(path, mode="r")[:])


@SUFFIXES
def test_tiles_in_any_order_make_the_array(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"heights{suffix}"
    fill_and_keep(path, WHOLE)
    assert content(path).dtype == np.int64
    assert np.array_equal(content(path), WHOLE)
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_written_is_no_memory_of_this_process(tmp_path: Path) -> None:
    tiling = Tiling(Picture(2000, 4000, 9), 500, 500)
    heights = np.zeros((500, 500), np.uint8)
    resident = psutil.Process().memory_info().rss
    with new_store(tmp_path / "heights.npy", tiling) as store:
        for tile in tiling:
            store.write(tile, heights)
        grown = psutil.Process().memory_info().rss - resident
    # 64 MB are written.
    assert grown < 16_000_000


@SUFFIXES
def test_a_new_array_takes_the_place_of_the_old_only_when_it_is_kept(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"heights{suffix}"
    fill_and_keep(path, WHOLE)
    with new_store(path, TILING) as store:
        store.write(next(iter(TILING)), np.full((3, 2), 77))
    assert np.array_equal(content(path), WHOLE)
    assert list(tmp_path.iterdir()) == [path]
    fill_and_keep(path, WHOLE + 1)
    assert np.array_equal(content(path), WHOLE + 1)
    assert list(tmp_path.iterdir()) == [path]


@SUFFIXES
def test_an_interruption_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    tile = next(iter(TILING))

    def interrupted() -> None:
        with new_store(tmp_path / f"heights{suffix}", TILING) as store:
            store.write(tile, np.zeros((tile.width, tile.height), np.uint8))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_an_array_is_as_readable_as_any_new_file(tmp_path: Path) -> None:
    path = tmp_path / "heights.npy"
    fill_and_keep(path, WHOLE)
    other = tmp_path / "other"
    other.touch()
    assert path.stat().st_mode == other.stat().st_mode


def test_a_disk_that_is_too_small_is_noticed_before_anything_is_computed(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    width = 1_000_000
    tiling = Tiling(Picture(width, free // (8 * width) + 1_000, 5), 100, 100)
    path = tmp_path / "heights.npy"
    with (
        pytest.raises(TilesFailed, match=r"takes [\d,]+ bytes, and [\d,]+ are free there"),
        new_store(path, tiling),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_space_that_is_not_there_after_all_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, start: int, length: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", refuse, raising=False)
    with pytest.raises(OSError, match="No space left"), new_store(tmp_path / "heights.npy", TILING):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_that_reserves_nothing_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, start: int, length: int) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(os, "posix_fallocate", refuse, raising=False)
    fill_and_keep(tmp_path / "heights.npy", WHOLE)
    assert np.array_equal(content(tmp_path / "heights.npy"), WHOLE)


def test_a_npy_file_has_all_its_space_before_the_first_tile(tmp_path: Path) -> None:
    with new_store(tmp_path / "heights.npy", TILING):
        (unnamed,) = tmp_path.iterdir()
        assert unnamed.stat().st_size >= WHOLE.nbytes
