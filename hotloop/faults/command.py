"""``hotloop fault``: harm consumers and brokers under a steady load, and count."""

import argparse
import time
from typing import TextIO

from hotloop.base.outcome import EXIT_INTERRUPTED, exit_code
from hotloop.base.values import seed_or_new
from hotloop.faults import options as fault_options
from hotloop.faults.options import Options
from hotloop.streams.cluster import check_installed

DISTRIBUTIONS = ("hotloop", "faust-streaming", "aiokafka", "confluent-kafka")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``hotloop fault``."""
    fault_options.add_arguments(parser)


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Carry everything out, export and print; returns the exit code."""
    options = fault_options.parse_options(namespace)
    check_installed()
    return run_faults(options, out, err)


def run_faults(options: Options, out: TextIO, err: TextIO) -> int:
    """As ``run`` does, for options that were checked."""
    # NumPy and the clients: `--help` and refused arguments do without.
    from hotloop.base.machine import read_machine
    from hotloop.faults import page as fault_page
    from hotloop.faults.result import FaultResult, to_json
    from hotloop.faults.run import Runs
    from hotloop.report.exports import exported
    from hotloop.report.progress import progress_on
    from hotloop.report.publish import publish

    start_s = time.perf_counter()
    # What can be looked up beforehand cannot fail afterwards.
    machine = read_machine(DISTRIBUTIONS)
    with progress_on(err, options.quiet) as progress:
        runs = Runs(
            options, seed_or_new(options.seed), progress, quiet_err=err if options.quiet else None
        )
        runs.carry_out()
    result = FaultResult(
        machine=machine,
        faults=tuple(runs.reports),
        seed=runs.seed,
        elapsed_seconds=time.perf_counter() - start_s,
        warnings=tuple(runs.warnings),
    )
    publish(fault_page.page(result), out, (options.json, exported(result, to_json)))
    return EXIT_INTERRUPTED if runs.is_interrupted else exit_code(result.faults, options.asked)
