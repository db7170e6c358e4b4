"""The output of ``hotloop diff``: the requested files, then the tables."""

from typing import TextIO

from hotloop.diff import page as diff_page
from hotloop.diff.options import Options
from hotloop.diff.result import DiffResult, to_json
from hotloop.report import markdown
from hotloop.report.exports import exported
from hotloop.report.publish import publish as publish_page


def publish(result: DiffResult, options: Options, out: TextIO) -> None:
    """Write the exports, print the tables.

    Raises MeasurementError when an export cannot be written; the tables are printed even so.
    """
    page = diff_page.page(result)
    publish_page(
        page,
        out,
        (options.json, exported(result, to_json)),
        (options.csv, exported(result, diff_page.csv)),
        (options.markdown, exported(page, markdown.render)),
    )
