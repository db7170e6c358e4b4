"""The set drawn as the recipe's book draws it: the window as axes, the escape step as colour."""

from pathlib import Path
from typing import TYPE_CHECKING

from hotloop.report import pictures

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray


def draw(
    heights: "NDArray[np.int64]", window: tuple[float, float, float, float], path: Path
) -> None:
    """Write the picture of ``heights``, (N_x, N_y) int64, in the format of the file's name.

    Raises MeasurementError when the file cannot be written.
    """
    pictures.write(figure(heights, window), path)


def figure(heights: "NDArray[np.int64]", window: tuple[float, float, float, float]) -> "Figure":
    """The picture of ``heights``, (N_x, N_y) int64, with axes and a colour bar."""
    picture = pictures.blank()
    axes = picture.add_subplot()
    # The first index is x; imshow wants rows, which are y.
    image = axes.imshow(heights.T, origin="lower", extent=window)
    picture.colorbar(image, ax=axes, label="escape step")
    axes.set_xlabel("x")
    axes.set_ylabel("y")
    return picture
