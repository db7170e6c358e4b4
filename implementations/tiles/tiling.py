"""Where the tiles of a picture are, and whether they can be computed here."""

from collections.abc import Iterator
from dataclasses import dataclass

from implementations.problems import BYTES_PER_PIXEL, Picture, Problem


@dataclass(frozen=True, slots=True)
class Tile:
    """Columns left to left + width and rows bottom to bottom + height of a picture."""

    left: int
    bottom: int
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height} at ({self.left}, {self.bottom})"


@dataclass(frozen=True, slots=True)
class Tiling:
    """A picture cut into tiles of width x height pixels; the last of a row or column are smaller.

    Raises ValueError for an empty tile, for one that needs more memory than this machine has,
    and for a picture with a row or column that does.
    """

    picture: Picture
    width: int
    height: int

    def __post_init__(self) -> None:
        picture = self.picture
        object.__setattr__(self, "width", min(self.width, picture.width))
        object.__setattr__(self, "height", min(self.height, picture.height))
        Problem(self.width, self.height, picture.steps, picture.window)
        # Every worker holds the coordinates of a row and of a column.
        Problem(picture.width, 1, picture.steps, picture.window)
        Problem(1, picture.height, picture.steps, picture.window)

    @property
    def tiles(self) -> int:
        across, up = -(-self.picture.width // self.width), -(-self.picture.height // self.height)
        return across * up

    @property
    def tile_bytes(self) -> int:
        """The most memory that a variant takes for a tile."""
        return self.width * self.height * BYTES_PER_PIXEL

    def __iter__(self) -> Iterator[Tile]:
        """The tiles column by column, in the order of the array in the file."""
        for left in range(0, self.picture.width, self.width):
            for bottom in range(0, self.picture.height, self.height):
                width = min(self.width, self.picture.width - left)
                height = min(self.height, self.picture.height - bottom)
                yield Tile(left, bottom, width, height)
