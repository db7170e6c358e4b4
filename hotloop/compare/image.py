"""Times over sizes on logarithmic axes, each with its interval."""

from pathlib import Path
from typing import TYPE_CHECKING

from hotloop.base.text import name as shown_name
from hotloop.compare.result import Comparison
from hotloop.report import pictures

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(result: Comparison, path: Path) -> None:
    """Write the picture. Raises MeasurementError when the file cannot be written."""
    pictures.write(figure(result), path)


def figure(result: Comparison) -> "Figure":
    """A line for each contender through its medians."""
    picture = pictures.blank()
    axes = picture.add_subplot()
    for contender in dict.fromkeys(row.name for row in result.contenders):
        rows = [
            (row.size, row.seconds)
            for row in result.contenders
            if row.name == contender and row.seconds is not None and row.size is not None
        ]
        if rows:
            medians = [seconds.median for _, seconds in rows]
            below = [seconds.median - seconds.low for _, seconds in rows]
            above = [seconds.high - seconds.median for _, seconds in rows]
            # A dollar sign would begin a formula.
            label = shown_name(contender).replace("$", r"\$")
            sizes = [size for size, _ in rows]
            axes.errorbar(sizes, medians, [below, above], marker=".", capsize=3, label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(result.size_name or "size")
    axes.set_ylabel("seconds a call")
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[1]:
        axes.legend()
    return picture
