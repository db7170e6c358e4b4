"""What ``hotloop stream`` leaves behind: the files that were asked for, then the tables."""

from typing import TextIO

from hotloop.base.outcome import exit_code
from hotloop.report import terminal
from hotloop.report.exports import write_exports
from hotloop.streams import (
    as_csv as stream_csv,
)
from hotloop.streams import (
    as_markdown as stream_markdown,
)
from hotloop.streams import (
    table as stream_table,
)
from hotloop.streams.options import Options
from hotloop.streams.result import StreamResult, to_json


def publish(result: StreamResult, options: Options, out: TextIO) -> int:
    """Write the exports, print the tables, return the exit code.

    Raises MeasurementError when an export cannot be written; the tables are printed
    even so.
    """
    try:
        write_exports(
            result,
            (options.json, to_json),
            (options.csv, stream_csv.render),
            (options.markdown, stream_markdown.render),
        )
    finally:
        terminal.write(stream_table.render(result, terminal.width_of(out)), out)
    return exit_code(result.variants, options.asked)
