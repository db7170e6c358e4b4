"""What ``hotloop calibrate`` was asked for: parsed once, refused before anything is built."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.base.values import parse_budget, parse_count
from hotloop.gate.arguments import (
    add_rule,
    add_selection,
    parse_config,
    parse_false_alarms,
    parse_floor,
    parse_regex,
)
from hotloop.gate.options import HEAD
from hotloop.report.exports import parse_exports

DEFAULT_PAIRS = 30
# Fewer pairs than the rule's first look needs cannot even say "same".
FEWEST_PAIRS = 7
DEFAULT_RUNS = 10_000
# A false alarm in a hundred runs is not to be seen in fewer.
FEWEST_RUNS = 100

# What says how to measure, and so says nothing to --from.
_MEASURING = ("config", "bench", "pairs", "environment")


@dataclass(frozen=True, slots=True)
class Request:
    """What to time beside itself: ``pairs`` of each benchmark of ``revision``.

    ``benches`` are regular expressions, any of which selects a benchmark; none: all.
    ``environment`` None: the first that fits.
    """

    revision: str
    config: Path
    benches: tuple[str, ...]
    pairs: int
    environment: str | None


@dataclass(frozen=True, slots=True)
class Options:
    """``request`` says what to measure, or ``stored`` which pairs to judge again.

    The rest is the gate to simulate. ``false_alarms``, ``floor`` and ``budget_s`` None:
    the gate's defaults, or those of the stored result. ``thorough``: as ``hotloop gate
    --thorough`` is. ``seed`` None: choose one.
    """

    request: Request | None
    stored: Path | None
    false_alarms: float | None
    floor: float | None
    budget_s: float | None
    thorough: bool
    runs: int
    seed: int | None
    json: Path | None
    quiet: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; their values stay text until ``parse_options``."""
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
    what.add_argument(
        "--pairs",
        metavar="N",
        help=f"pairs of processes of each benchmark (default: {DEFAULT_PAIRS})",
    )
    what.add_argument(
        "--environment", metavar="NAME", help="asv's environment (default: the first that fits)"
    )
    gate = parser.add_argument_group("the gate that is simulated")
    gate.add_argument(
        "--thorough",
        action="store_true",
        help="hotloop gate --thorough: ten times the time; with --floor 0, slowdowns of 1 %% "
        "count (without it: the usual gate)",
    )
    gate.add_argument(
        "--budget",
        metavar="SECONDS",
        help="its time for measuring, all benchmarks together (default: the gate's own)",
    )
    add_rule(gate)
    gate.add_argument(
        "--runs",
        metavar="N",
        default=str(DEFAULT_RUNS),
        help="simulated runs on equal commits (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", metavar="N", help="fixes order, layouts and simulation (default: a new one)"
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
    return Options(
        request=None if namespace.stored is not None else _parse_request(namespace),
        stored=None if namespace.stored is None else _parse_stored(namespace),
        false_alarms=parse_false_alarms(namespace.false_alarms),
        floor=parse_floor(namespace.floor),
        budget_s=None if namespace.budget is None else parse_budget(namespace.budget),
        thorough=namespace.thorough,
        runs=_parse_at_least("--runs", namespace.runs, FEWEST_RUNS),
        seed=None if namespace.seed is None else parse_count("--seed", namespace.seed),
        json=parse_exports(namespace, ("json",))["json"],
        quiet=namespace.quiet,
    )


def _parse_request(namespace: argparse.Namespace) -> Request:
    pairs = namespace.pairs or str(DEFAULT_PAIRS)
    return Request(
        revision=namespace.revision or HEAD,
        config=parse_config(namespace.config),
        benches=tuple(parse_regex(text) for text in namespace.bench or ()),
        pairs=_parse_at_least("--pairs", pairs, FEWEST_PAIRS),
        environment=namespace.environment,
    )


def _parse_stored(namespace: argparse.Namespace) -> Path:
    if namespace.revision is not None:
        raise UsageError(f"--from measures nothing; leave out {namespace.revision}")
    for name in _MEASURING:
        if getattr(namespace, name) is not None:
            raise UsageError(f"--from measures nothing; leave out --{name}")
    return Path(namespace.stored)


def _parse_at_least(option: str, text: str, fewest: int) -> int:
    number = parse_count(option, text)
    if number < fewest:
        raise UsageError(f"{option} {text}: fewer than {fewest} say nothing; give more")
    return number
