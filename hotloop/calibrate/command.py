"""``hotloop calibrate``: how noisy this suite is here, and how the gate would judge it."""

import argparse
from typing import TYPE_CHECKING, TextIO

from hotloop.calibrate import options as calibrate_options
from hotloop.calibrate.options import Options

if TYPE_CHECKING:
    from hotloop.calibrate.result import CalibrationResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``hotloop calibrate``."""
    calibrate_options.add_arguments(parser)


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Take pairs of equal commits, simulate the gate, export and print; returns the code.

    130 if it was interrupted, 4 if nothing could be measured, otherwise 0.
    """
    options = calibrate_options.parse_options(namespace)
    from hotloop.calibrate import page as calibration_page
    from hotloop.calibrate.result import exit_code, to_json
    from hotloop.report.exports import exported
    from hotloop.report.publish import publish

    result = _result(options, err)
    publish(calibration_page.page(result), out, (options.json, exported(result, to_json)))
    return exit_code(result)


def _result(options: Options, err: TextIO) -> "CalibrationResult":
    # asv, SciPy and the gate: `--help` and refused arguments do not need them.
    from hotloop.calibrate.measure import measure, rejudge
    from hotloop.calibrate.result import load
    from hotloop.report.progress import progress_on

    with progress_on(err, options.quiet) as progress:
        if options.request is not None:
            return measure(options.request, options, progress)
        assert options.stored is not None
        progress.note(f"judging {options.stored} again: nothing is timed")
        return rejudge(load(options.stored), options)
