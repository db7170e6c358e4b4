"""What ``hotloop calibrate`` was asked for: parsed once, refused before anything is built."""

import argparse
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.base.values import parse_budget, parse_count
from hotloop.gate.arguments import (
    HEAD,
    AskedRule,
    add_environment,
    add_lanes,
    add_pytest,
    add_rule,
    add_selection,
    asked_request,
    asked_rule,
    parse_stored,
    refuse_with_from,
)
from hotloop.gate.model import Effort, Request
from hotloop.report.exports import parse_exports

DEFAULT_PAIRS = 30
# With fewer pairs than the rule's first look needs, not even "same" is possible.
FEWEST_PAIRS = 7
DEFAULT_RUNS = 10_000
# A false alarm in a hundred runs cannot be seen in fewer runs.
FEWEST_RUNS = 100


@dataclass(frozen=True, slots=True)
class Options:
    """``request`` says what to time beside itself, or ``stored`` which pairs to judge again.

    ``pairs`` are those of each benchmark. The rest is the gate to simulate; ``budget_s`` None:
    its own, or that of the stored result. ``seed`` None: choose one. ``lanes`` None: decide
    by a trial.
    """

    request: Request | None
    stored: Path | None
    pairs: int
    effort: Effort
    budget_s: float | None
    rule: AskedRule
    runs: int
    seed: int | None
    lanes: int | None
    json: Path | None
    quiet: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.usage = (
        "hotloop calibrate [REVISION] [option ...]\n"
        "       hotloop calibrate --from FILE [option ...]"
    )
    parser.add_argument(
        "revision",
        nargs="?",
        metavar="REVISION",
        help=f"the revision to time beside itself (default: {HEAD})",
    )
    what = parser.add_argument_group("what is measured")
    add_selection(what)
    add_pytest(what)
    what.add_argument(
        "--pairs",
        metavar="N",
        type=partial(_parse_at_least, "--pairs", FEWEST_PAIRS),
        help=f"pairs of processes of each benchmark (default: {DEFAULT_PAIRS})",
    )
    add_environment(what)
    add_lanes(what)
    refuse_with_from(parser, what)
    gate = parser.add_argument_group("the gate that is simulated")
    gate.add_argument(
        "--thorough",
        dest="effort",
        action="store_const",
        const=Effort.THOROUGH,
        default=Effort.USUAL,
        help="hotloop gate --thorough: ten times the time; with --floor 0, slowdowns of 1 %% "
        "count (without it: the usual gate)",
    )
    gate.add_argument(
        "--budget",
        metavar="SECONDS",
        type=parse_budget,
        help="its time for measuring, all benchmarks together (default: the gate's own)",
    )
    add_rule(gate)
    gate.add_argument(
        "--runs",
        metavar="N",
        type=partial(_parse_at_least, "--runs", FEWEST_RUNS),
        default=DEFAULT_RUNS,
        help="simulated runs on equal commits (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=partial(parse_count, "--seed"),
        help="fixes order, layouts and simulation (default: a new one)",
    )
    parser.add_argument("--json", metavar="FILE", help="store the result with every pair")
    parser.add_argument(
        "--from",
        dest="stored",
        metavar="FILE",
        help="judge the pairs that --json stored, with another rule or budget; nothing is timed",
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def parse_options(namespace: argparse.Namespace) -> Options:
    """The options, all checked. Raises UsageError with the option and its value."""
    (stored,) = parse_stored(namespace, namespace.revision) or (None,)
    return Options(
        request=_request(namespace) if stored is None else None,
        stored=stored,
        pairs=namespace.pairs or DEFAULT_PAIRS,
        effort=namespace.effort,
        budget_s=namespace.budget,
        rule=asked_rule(namespace),
        runs=namespace.runs,
        seed=namespace.seed,
        lanes=namespace.lanes,
        json=parse_exports(namespace, ("json",))["json"],
        quiet=namespace.quiet,
    )


def _request(namespace: argparse.Namespace) -> Request:
    """The revision beside itself."""
    revision = namespace.revision or HEAD
    environment = namespace.environment
    return asked_request(namespace, revision, revision, (environment, environment))


def _parse_at_least(option: str, fewest: int, text: str) -> int:
    number = parse_count(option, text)
    if number < fewest:
        raise UsageError(f"{option} {text}: fewer than {fewest} say nothing; give more")
    return number
