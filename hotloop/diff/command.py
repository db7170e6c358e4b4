"""``hotloop diff``: read stored results, compare each with the first, print the changes."""

import argparse
import json
import sys
from typing import TextIO

from hotloop.base.errors import MeasurementError
from hotloop.base.outcome import EXIT_FINE
from hotloop.diff import options as diff_options
from hotloop.diff import page as diff_page
from hotloop.diff.options import Named
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
    path = "standard input" if named.path is None else str(named.path)
    try:
        raw = sys.stdin.buffer.read() if named.path is None else named.path.read_bytes()
        text = raw.decode()
    except OSError as error:
        raise MeasurementError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise MeasurementError(f"{path} is damaged: it is not UTF-8 text ({error})") from error
    return Source(named.label, path, KINDS[_schema(text, path)].content(text, path))


def _schema(text: str, path: str) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MeasurementError(f"{path} is damaged or not JSON ({error})") from error
    schema = found.get("schema") if isinstance(found, dict) else None
    if not isinstance(schema, str) or schema not in KINDS:
        raise MeasurementError(
            f"{path} has the schema {schema!r}; this hotloop compares {', '.join(KINDS)}"
        )
    return schema
