"""``hotloop report``: read stored results, write one page of them, its charts and its Markdown."""

import argparse
import re
from pathlib import Path
from typing import TextIO

from hotloop.base.errors import MeasurementError
from hotloop.base.files import write_whole
from hotloop.base.outcome import EXIT_FINE, EXIT_NOT_MEASURED
from hotloop.base.stored import read
from hotloop.base.units import counted
from hotloop.report import html, markdown, svg, terminal
from hotloop.report.html import Section
from hotloop.report.layout import Line
from hotloop.report.screen import marked
from hotloop.reports import history, machines
from hotloop.reports import options as report_options
from hotloop.reports.kinds import KINDS, Shown
from hotloop.reports.options import Options

INDEX = "index.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``hotloop report``."""
    report_options.add_arguments(parser)


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Read, write, name the page; returns 0, or 4 if a result could not be read."""
    options = report_options.parse_options(namespace)
    shown, unread = _read(options)
    if not shown:
        raise MeasurementError("; ".join(unread))
    found = machines.section({each.label: each.machine for each in shown if each.machine})
    sections = [*([found] if found else []), *(each.section for each in shown)]
    _write(options.folder, sections, options.title)
    page = options.folder / INDEX
    said = f"{page}: {counted(len(shown), 'result')}"
    terminal.write([Line(said), *marked(unread, terminal.width_of(out))], out)
    return EXIT_NOT_MEASURED if unread else EXIT_FINE


def _read(options: Options) -> tuple[list[Shown], list[str]]:
    """The results, and a sentence for each that could not be read."""
    shown, unread = [], []
    for named in options.results:
        try:
            if history.is_history(named.path):
                sections, damaged = history.sections(named)
                shown += [Shown(named.label, section, None) for section in sections]
                unread += damaged
            else:
                stored = read(named, tuple(KINDS))
                shown.append(KINDS[stored.schema].shown(stored.content, named))
        except MeasurementError as error:
            unread.append(str(error))
    return shown, unread


def _write(folder: Path, sections: list[Section], title: str) -> None:
    """The page, the same in Markdown, and each chart as a file of its own.

    Raises MeasurementError if they cannot be written.
    """
    files = {
        INDEX: html.render(sections, title),
        "report.md": "\n".join(
            f"## {markdown.safe(section.title)}\n\n{markdown.render(section.page)}"
            for section in sections
        ),
        **{
            f"{number:02}-{_file_name(chart.title)}.svg": svg.alone(chart)
            for number, chart in enumerate((c for s in sections for c in s.charts), start=1)
        },
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_whole(folder / name, text.encode(errors="backslashreplace"))
    except OSError as error:
        raise MeasurementError(f"cannot write {folder}: {error.strerror or error}") from error


def _file_name(title: str) -> str:
    """Letters, digits and hyphens of a title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40]
