"""``hotloop report``: read stored results, write one page of them, its charts and its Markdown."""

import argparse
from typing import TextIO

from hotloop.base.errors import MeasurementError
from hotloop.base.outcome import EXIT_FINE, EXIT_NOT_MEASURED
from hotloop.base.units import counted
from hotloop.report import terminal
from hotloop.report.layout import Line
from hotloop.report.screen import marked
from hotloop.reports import options as report_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``hotloop report``."""
    report_options.add_arguments(parser)


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Read, write, name the page; returns 0, or 4 if a result could not be read."""
    options = report_options.parse_options(namespace)
    # All kinds of results: `--help` and refused arguments do not need them.
    from hotloop.reports import machines
    from hotloop.reports.output import write
    from hotloop.reports.sections import read_all

    shown, unread = read_all(options.results)
    if not shown:
        raise MeasurementError("; ".join(unread))
    found = machines.section({each.label: each.machine for each in shown if each.machine})
    sections = [*([found] if found else []), *(each.section for each in shown)]
    page = write(options.folder, sections, options.title, has_png=options.has_png)
    said = f"{page}: {counted(len(shown), 'result')}"
    terminal.write([Line(said), *marked(unread, terminal.width_of(out))], out)
    return EXIT_NOT_MEASURED if unread else EXIT_FINE
