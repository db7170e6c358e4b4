"""The output of ``hotloop stream``: the requested files, then the tables."""

from typing import TextIO

from hotloop.base.outcome import exit_code
from hotloop.report import markdown
from hotloop.report.exports import exported
from hotloop.report.publish import publish as publish_page
from hotloop.streams import page as stream_page
from hotloop.streams.options import Options
from hotloop.streams.result import StreamResult, to_json


def publish(result: StreamResult, options: Options, out: TextIO) -> int:
    """Write the exports, print the tables, return the exit code.

    Raises MeasurementError when an export cannot be written; the tables are printed
    even so.
    """
    page = stream_page.page(result)
    publish_page(
        page,
        out,
        (options.json, exported(result, to_json)),
        (options.csv, exported(result, stream_page.csv)),
        (options.markdown, exported(page, markdown.render)),
    )
    return exit_code(result.variants, options.asked)
