"""``hotloop diff``: read stored results, compare each with the first, print the changes."""

import argparse
from typing import TextIO

from hotloop.base.outcome import EXIT_FINE
from hotloop.base.stored import Named, read
from hotloop.diff import options as diff_options
from hotloop.diff import page as diff_page
from hotloop.diff.quantities import KINDS
from hotloop.diff.result import to_json
from hotloop.diff.summary import Source, compare
from hotloop.report import markdown
from hotloop.report.exports import exported
from hotloop.report.publish import publish


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``hotloop diff``."""
    diff_options.add_arguments(parser)


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Read, compare, print; returns 0, however large the changes are."""
    options = diff_options.parse_options(namespace)
    result = compare([_read(named) for named in options.results])
    page = diff_page.page(result)
    publish(
        page,
        out,
        (options.json, exported(result, to_json)),
        (options.csv, exported(result, diff_page.csv)),
        (options.markdown, exported(page, markdown.render)),
    )
    return EXIT_FINE


def _read(named: Named) -> Source:
    """The result of a file. Raises MeasurementError if there is none."""
    stored = read(named, tuple(KINDS))
    content = KINDS[stored.schema].content(stored.content, named.source)
    return Source(named.label, named.source, content)
