"""The set drawn as the recipe's book draws it: the window as axes, the escape step as colour."""

import importlib.util
import io
from pathlib import Path
from typing import TYPE_CHECKING

from hotloop.base.errors import UsageError
from hotloop.base.files import write_whole

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

# The formats that matplotlib writes without other packages.
FORMATS = ("png", "svg", "pdf")

_INCHES = (8.0, 6.0)
_DOTS_PER_INCH = 150


def check_can_draw(path: Path) -> None:
    """Raise UsageError, before anything is measured, if ``draw`` cannot make this file."""
    if path.suffix.lower().removeprefix(".") not in FORMATS:
        endings = ", ".join(f".{name}" for name in FORMATS)
        raise UsageError(f"--image {path}: the name must end in one of {endings}")
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError(
            "--image needs matplotlib, which is not installed: pip install hotloop[plot]"
        )


def draw(
    heights: "NDArray[np.int64]", window: tuple[float, float, float, float], path: Path
) -> None:
    """Write the picture of ``heights``, (N_x, N_y) int64, in the format of the file's name.

    Raises MeasurementError when the file cannot be written.
    """
    content = io.BytesIO()
    picture = figure(heights, window)
    picture.savefig(content, format=path.suffix.lower().removeprefix("."), dpi=_DOTS_PER_INCH)
    write_whole(path, content.getvalue())


def figure(heights: "NDArray[np.int64]", window: tuple[float, float, float, float]) -> "Figure":
    """The picture of ``heights``, (N_x, N_y) int64, with axes and a colour bar."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = Figure(figsize=_INCHES, layout="constrained")
    FigureCanvasAgg(picture)
    axes = picture.add_subplot()
    # The first index is x; imshow wants rows, which are y.
    image = axes.imshow(heights.T, origin="lower", extent=window)
    picture.colorbar(image, ax=axes, label="escape step")
    axes.set_xlabel("x")
    axes.set_ylabel("y")
    return picture
