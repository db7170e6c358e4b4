"""The output of ``hotloop compare``: the requested files, then the table."""

from typing import TextIO

from hotloop.base.outcome import EXIT_FINE, EXIT_UNDECIDED, exit_code
from hotloop.compare import image
from hotloop.compare import page as compare_page
from hotloop.compare.options import Options
from hotloop.compare.result import Comparison, Verdict, to_json
from hotloop.report import markdown
from hotloop.report.exports import exported
from hotloop.report.publish import publish as publish_page


def publish(result: Comparison, options: Options, out: TextIO) -> int:
    """Write the exports, print the table, return the exit code."""
    page = compare_page.page(result)
    publish_page(
        page,
        out,
        (options.exports["json"], exported(result, to_json)),
        (options.exports["csv"], exported(result, compare_page.csv)),
        (options.exports["markdown"], exported(page, markdown.render)),
        (options.exports["image"], lambda path: image.draw(result, path)),
    )
    return code_of(result, options.strict)


def code_of(result: Comparison, strict: bool) -> int:
    """As for every ladder; with ``strict`` 3 if a factor leaves open which is faster."""
    # A size that was too large for somebody is no failure.
    asked = [] if result.size_name else [row.name for row in result.contenders]
    code = exit_code(result.contenders, asked)
    is_open = any(
        row.factor is not None and row.factor.verdict is Verdict.OPEN for row in result.contenders
    )
    return EXIT_UNDECIDED if code == EXIT_FINE and strict and is_open else code
