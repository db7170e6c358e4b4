import numpy as np
import pytest

from implementations.grid import Part, grid
from implementations.problems import Picture, Problem
from implementations.tiles.tiling import Tile, Tiling

ODD = Picture(13, 7, 40)


@pytest.mark.parametrize(("width", "height"), [(5, 3), (13, 7), (1, 1), (100, 2), (4, 100)])
def test_tiles_cover_every_pixel_once(width: int, height: int) -> None:
    covered = np.zeros((ODD.width, ODD.height), int)
    tiling = Tiling(ODD, width, height)
    tiles = list(tiling)
    for tile in tiles:
        covered[tile.left : tile.left + tile.width, tile.bottom : tile.bottom + tile.height] += 1
    assert (covered == 1).all()
    assert len(tiles) == tiling.tiles
    assert max(tile.width for tile in tiles) == tiling.width <= width
    assert max(tile.height for tile in tiles) == tiling.height <= height


def test_a_picture_of_many_more_pixels_than_memory_has_bytes_is_planned() -> None:
    tiling = Tiling(Picture(1_000_000, 1_000_000, 255), 2_000, 1_000)
    assert tiling.tiles == 500_000
    assert next(iter(tiling)) == Tile(0, 0, 2_000, 1_000)


@pytest.mark.parametrize(("width", "height"), [(0, 5), (5, 0)])
def test_an_empty_tile_is_refused(width: int, height: int) -> None:
    with pytest.raises(ValueError, match="from 1 to"):
        Tiling(ODD, width, height)


def test_a_tile_that_memory_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="a grid of 900000 x 900000 pixels needs"):
        Tiling(Picture(1_000_000, 1_000_000, 5), 900_000, 900_000)


def test_a_part_has_the_whole_grids_coordinates_bit_for_bit() -> None:
    whole = Problem(997, 613, 1, (-2.1, 0.7, -1.3, 1.1))
    x_vals, y_vals, _ = grid(997, 613, 1, whole.window)
    for left, bottom, width, height in ((0, 0, 10, 20), (501, 77, 300, 200), (996, 612, 1, 1)):
        x_part, y_part, heights = grid(width, height, 1, Part(whole, left, bottom))
        assert x_part.tobytes() == x_vals[left : left + width].tobytes()
        assert y_part.tobytes() == y_vals[bottom : bottom + height].tobytes()
        assert heights.shape == (width, height)


def test_a_parts_coordinates_are_its_callers_to_change() -> None:
    part = Part(ODD, 2, 1)
    grid(3, 3, 1, part)[0][:] = 5.0
    assert grid(3, 3, 1, part)[0].tolist() == grid(13, 7, 1, ODD.window)[0][2:5].tolist()


@pytest.mark.parametrize(("left", "bottom"), [(-1, 0), (0, -1), (10, 0), (0, 5)])
def test_a_part_that_reaches_beyond_its_picture_is_refused(left: int, bottom: int) -> None:
    with pytest.raises(IndexError, match="reach beyond an axis"):
        grid(4, 3, 1, Part(ODD, left, bottom))
