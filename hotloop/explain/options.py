"""What ``hotloop explain`` was asked for: parsed once, refused before anything is built."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from hotloop.gate.arguments import CONFIG, add_config, add_lanes, add_pytest, asked_pytest
from hotloop.gate.model import PytestRequest
from hotloop.report.exports import parse_exports


@dataclass(frozen=True, slots=True)
class Options:
    """``stored``: the result to explain; ``pytest`` None: the suite is asv's, as ``config`` says.

    ``lanes`` None: decide by a trial.
    """

    stored: Path
    config: Path
    pytest: PytestRequest | None
    lanes: int | None
    json: Path | None
    markdown: Path | None
    stacks: Path | None
    verbose: bool
    quiet: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.usage = "hotloop explain RESULT.json [option ...]"
    parser.add_argument(
        "stored", metavar="RESULT.json", help="what `hotloop gate --json` stored of this project"
    )
    what = parser.add_argument_group("the suite, as it was for the gate")
    add_config(what)
    add_pytest(what)
    add_lanes(parser.add_argument_group("how it is measured"))
    given = parser.add_argument_group("output")
    given.add_argument("--json", metavar="FILE", help="store the result with the explanations")
    given.add_argument("--markdown", metavar="FILE", help="store a comment for a pull request")
    given.add_argument(
        "--stacks", metavar="FILE", help="store chains of calls of both sides, for speedscope"
    )
    given.add_argument(
        "-v", "--verbose", action="store_true", help="also list the functions, and what is the same"
    )
    given.add_argument("--quiet", action="store_true", help="show no progress")


def parse_options(namespace: argparse.Namespace) -> Options:
    """The options, all checked. Raises UsageError with the option and its value."""
    exports = parse_exports(namespace, ("json", "markdown", "stacks"))
    return Options(
        stored=Path(namespace.stored),
        config=namespace.config or Path(CONFIG),
        pytest=asked_pytest(namespace),
        lanes=namespace.lanes,
        json=exports["json"],
        markdown=exports["markdown"],
        stacks=exports["stacks"],
        verbose=namespace.verbose,
        quiet=namespace.quiet,
    )
