"""What ``hotloop report`` was asked for: parsed once, refused before anything is read."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.base.stored import NAMING, Named, parse_named
from hotloop.report import png

DEFAULT_FOLDER = "hotloop-report"


@dataclass(frozen=True, slots=True)
class Options:
    """``results``: one or more, in the order of the page. ``folder``: where it is written.

    ``has_png``: each chart is wanted as PNG too.
    """

    results: tuple[Named, ...]
    folder: Path
    title: str
    has_png: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "results",
        nargs="+",
        metavar="RESULT",
        help=f"what --json of another command has stored: {NAMING}; or asv's folder of results",
    )
    parser.add_argument(
        "-o",
        "--out",
        metavar="DIR",
        default=DEFAULT_FOLDER,
        help="the folder for index.html, report.md and the charts (default: %(default)s)",
    )
    parser.add_argument(
        "--title", default="hotloop", help="the title of the page (default: %(default)s)"
    )
    parser.add_argument(
        "--png", action="store_true", help="write each chart as PNG too (needs hotloop[plot])"
    )


def parse_options(namespace: argparse.Namespace) -> Options:
    """The options, all checked. Raises UsageError with the option and its value."""
    for option, text in (("--out", namespace.out), ("--title", namespace.title)):
        # That of a variable that is not set would fill the current folder.
        if not text.strip():
            raise UsageError(f"{option}: its value is empty")
    folder = Path(namespace.out)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out {folder}: that is not a folder; give another name")
    if namespace.png:
        png.check_can_write()
    return Options(parse_named(namespace.results), folder, namespace.title, namespace.png)
