"""``hotloop diff``: read stored results, compare each with the first, print the changes."""

import argparse
from typing import TextIO

from hotloop.base.outcome import EXIT_FINE
from hotloop.diff import options as diff_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``hotloop diff``."""
    diff_options.add_arguments(parser)


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Read, compare, print; returns 0, however large the changes are."""
    options = diff_options.parse_options(namespace)
    # All kinds of results: `--help` and refused arguments do not need them.
    from hotloop.diff.output import publish
    from hotloop.diff.sources import read_source
    from hotloop.diff.summary import compare

    publish(compare([read_source(named) for named in options.results]), options, out)
    return EXIT_FINE
