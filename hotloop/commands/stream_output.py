"""What ``hotloop stream`` leaves behind: the files that were asked for, then the tables."""

from typing import TextIO

from hotloop.commands.stream_options import Options
from hotloop.files import write_whole
from hotloop.outcome import exit_code
from hotloop.report import stream_csv, stream_markdown, stream_table, terminal
from hotloop.stream_result import StreamResult, to_json


def publish(result: StreamResult, options: Options, out: TextIO) -> int:
    """Write the exports, print the tables, return the exit code.

    Raises MeasurementError when an export cannot be written; the tables are printed
    even so.
    """
    try:
        for path, render in (
            (options.json, to_json),
            (options.csv, stream_csv.render),
            (options.markdown, stream_markdown.render),
        ):
            if path is not None:
                write_whole(path, render(result).encode())
    finally:
        terminal.write(stream_table.render(result, terminal.width_of(out)), out)
    return exit_code(result.variants, options.asked)
