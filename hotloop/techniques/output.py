"""The output of ``hotloop try``: the requested files, then the table."""

from typing import TextIO

from hotloop.base.outcome import EXIT_FINE, EXIT_NOT_MEASURED, Status
from hotloop.report import markdown
from hotloop.report.exports import exported
from hotloop.report.publish import publish as publish_page
from hotloop.techniques import page as try_page
from hotloop.techniques.options import Options
from hotloop.techniques.result import Attempt, to_json


def publish(result: Attempt, options: Options, out: TextIO) -> int:
    """Write the exports, print the table, return the exit code."""
    page = try_page.page(result)
    publish_page(
        page,
        out,
        (options.exports["json"], exported(result, to_json)),
        (options.exports["csv"], exported(result, try_page.csv)),
        (options.exports["markdown"], exported(page, markdown.render)),
    )
    return code_of(result)


def code_of(result: Attempt) -> int:
    """0 if the function itself was timed, else 4: that a technique is refused is an answer."""
    is_timed = result.comparison.contenders[0].status is Status.OK
    return EXIT_FINE if is_timed else EXIT_NOT_MEASURED
