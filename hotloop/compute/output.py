"""The output of ``hotloop compute``: the requested files, then the table."""

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from hotloop.base.outcome import exit_code
from hotloop.compute import image
from hotloop.compute import page as compute_page
from hotloop.compute.options import Options
from hotloop.compute.result import ComputeResult, to_json
from hotloop.report import markdown
from hotloop.report.exports import exported
from hotloop.report.publish import publish as publish_page

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def publish(
    result: ComputeResult, heights: "NDArray[np.int64] | None", options: Options, out: TextIO
) -> int:
    """Write the exports, print the table, return the exit code.

    ``heights`` is the answer to draw, (width, height) int64, or None if there is
    none; then no image is written, and the code says 4 in any case. Raises
    MeasurementError when an export cannot be written; the table is printed even so.
    """

    def draw(path: Path) -> None:
        if heights is not None:
            image.draw(heights, options.problem.window, path)

    page = compute_page.page(result)
    publish_page(
        page,
        out,
        (options.json, exported(result, to_json)),
        (options.csv, exported(result, compute_page.csv)),
        (options.markdown, exported(page, markdown.render)),
        (options.image, draw),
    )
    return exit_code(result.variants, options.asked)
