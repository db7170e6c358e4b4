"""``hotloop try``: one function, built and timed in every way that needs no edit."""

import argparse
import time
from typing import TextIO

from hotloop.techniques import options as try_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``hotloop try``."""
    try_options.add_arguments(parser)


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Examine, build, check, time, export and print; returns the exit code."""
    start_s = time.perf_counter()
    options = try_options.parse_options(namespace)
    # `--help` and refused arguments do not need the rest.
    from hotloop.techniques.output import publish
    from hotloop.techniques.result import load

    if options.stored is not None:
        return publish(load(options.stored), options, out)
    from hotloop.report.progress import progress_on
    from hotloop.techniques.run import attempt

    with progress_on(err, options.quiet) as progress:
        result = attempt(options, progress, start_s)
    return publish(result, options, out)
