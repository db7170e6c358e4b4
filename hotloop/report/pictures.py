"""Pictures as files: what can be drawn, checked before anything is measured."""

import importlib.util
import io
from pathlib import Path
from typing import TYPE_CHECKING

from hotloop.base.errors import UsageError
from hotloop.base.files import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The formats that matplotlib writes without other packages.
FORMATS = ("png", "svg", "pdf")

_INCHES = (8.0, 6.0)
_DOTS_PER_INCH = 150


def check_can_draw(path: Path) -> None:
    """Raise UsageError, before anything is measured, if ``write`` cannot make this file."""
    if path.suffix.lower().removeprefix(".") not in FORMATS:
        endings = ", ".join(f".{name}" for name in FORMATS)
        raise UsageError(f"--image {path}: the name must end in one of {endings}")
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError(
            "--image needs matplotlib, which is not installed: pip install hotloop[plot]"
        )


def blank() -> "Figure":
    """A picture with nothing on it yet; it needs no screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = Figure(figsize=_INCHES, layout="constrained")
    FigureCanvasAgg(picture)
    return picture


def write(picture: "Figure", path: Path) -> None:
    """Write the picture in the format of the file's name.

    Raises MeasurementError when the file cannot be written.
    """
    content = io.BytesIO()
    picture.savefig(content, format=path.suffix.lower().removeprefix("."), dpi=_DOTS_PER_INCH)
    write_whole(path, content.getvalue())
