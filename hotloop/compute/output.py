"""What ``hotloop compute`` leaves behind: the files that were asked for, then the table."""

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from hotloop.base.outcome import exit_code
from hotloop.compute import as_csv, as_json, as_markdown, image
from hotloop.compute import table as compute_table
from hotloop.compute.options import Options
from hotloop.compute.result import ComputeResult
from hotloop.report import terminal
from hotloop.report.exports import exported, write_files

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def publish(
    result: ComputeResult, heights: "NDArray[np.int64] | None", options: Options, out: TextIO
) -> int:
    """Write the exports, print the table, return the exit code.

    ``heights`` is the answer to draw, (width, height) int64, or None where there is
    none; then no image is written, and the code says 4 in any case. Raises
    MeasurementError when an export cannot be written; the table is printed even so.
    """
    try:
        _export(result, heights, options)
    finally:
        terminal.write(compute_table.render(result, terminal.width_of(out)), out)
    return exit_code(result.variants, options.asked)


def _export(result: ComputeResult, heights: "NDArray[np.int64] | None", options: Options) -> None:
    def draw(path: Path) -> None:
        if heights is not None:
            image.draw(heights, options.problem.window, path)

    write_files(
        (options.json, exported(result, as_json.render)),
        (options.csv, exported(result, as_csv.render)),
        (options.markdown, exported(result, as_markdown.render)),
        (options.image, draw),
    )
