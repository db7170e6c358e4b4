"""``hotloop gate``: did a commit make a benchmark slower?"""

import argparse
from typing import TYPE_CHECKING, TextIO

from hotloop.base.errors import HotloopError
from hotloop.gate import options as gate_options
from hotloop.gate.options import Options

if TYPE_CHECKING:
    from hotloop.gate.result import GateResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``hotloop gate``."""
    gate_options.add_arguments(parser)


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Build, measure and judge, or judge again; export and print; returns the exit code."""
    options = gate_options.parse_options(namespace)
    from hotloop.gate.annotations import could_not_measure
    from hotloop.gate.output import publish

    try:
        result = _result(options, err)
    except HotloopError as error:
        # If nothing can be measured, the commit should show it too, not only the log.
        if options.annotations:
            out.write(could_not_measure(str(error)))
        raise
    return publish(result, options, out)


def _result(options: Options, err: TextIO) -> "GateResult":
    # asv, SciPy and the gate: `--help` and refused arguments do not need them.
    from hotloop.gate.measure import measure, rejudge
    from hotloop.gate.result import load
    from hotloop.gate.shards import together
    from hotloop.report.progress import progress_on

    with progress_on(err, options.quiet) as progress:
        if options.request is not None:
            return measure(options.request, options, progress)
        files = options.stored or ()
        what = str(files[0]) if len(files) == 1 else f"{len(files)} files"
        progress.note(f"judging {what} again: nothing is timed")
        return rejudge(together([(str(file), load(file)) for file in files]), options)
