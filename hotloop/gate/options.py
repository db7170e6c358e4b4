"""What ``hotloop gate`` was asked for: parsed once, refused before anything is built."""

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
from hotloop.report.exports import parse_exports

HEAD = "HEAD"
# "same" rules out this much more than the floor: 1.5 % with the floor of 0.5 %.
MARGIN_OVER_FLOOR = 0.01
# --thorough takes this many times the time, and rules out a quarter of that: 0.75 %.
THOROUGH_TIMES = 10.0
THOROUGH_MARGIN_OVER_FLOOR = 0.0025

# What says how to measure, and so says nothing to --from.
_MEASURING = (
    "head", "config", "merge_base", "bench", "environment", "base_environment",
    "head_environment", "quick", "thorough", "budget", "seed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """What to compare, and with how much time.

    ``benches`` are regular expressions, any of which selects a benchmark; none: all.
    ``environments`` are of base and of head, None: the first that fits. ``budget_s``
    None: the usual allowance. ``seed`` None: choose one.
    """

    base: str
    head: str
    from_merge_base: bool
    config: Path
    benches: tuple[str, ...]
    environments: tuple[str | None, str | None]
    quick: bool
    thorough: bool
    budget_s: float | None
    seed: int | None


@dataclass(frozen=True, slots=True)
class Options:
    """``request`` says what to measure, or ``stored`` which result to judge again.

    ``false_alarms`` and ``floor`` None: the defaults, or those of the stored result.
    """

    request: Request | None
    stored: Path | None
    false_alarms: float | None
    floor: float | None
    strict: bool
    json: Path | None
    markdown: Path | None
    annotations: bool
    verbose: bool
    quiet: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; their values stay text until ``parse_options``."""
    parser.usage = (
        "hotloop gate BASE [HEAD] [option ...]\n       hotloop gate --from FILE [option ...]"
    )
    parser.add_argument(
        "base", nargs="?", metavar="BASE", help="the revision to compare with: main, v1.2, HEAD~1"
    )
    parser.add_argument(
        "head",
        nargs="?",
        metavar="HEAD",
        help=f"the revision to judge; . is the working tree (default: {HEAD})",
    )
    what = parser.add_argument_group("what is compared")
    add_selection(what)
    what.add_argument(
        "--merge-base",
        action="store_true",
        default=None,
        help="compare with the commit at which HEAD left BASE",
    )
    what.add_argument(
        "--environment",
        metavar="NAME",
        help="asv's environment for both sides (default: the first that fits)",
    )
    what.add_argument(
        "--base-environment",
        metavar="NAME",
        help="for base alone; with one commit on both sides, environments are compared",
    )
    what.add_argument("--head-environment", metavar="NAME", help="for head alone")
    time = parser.add_argument_group("how long it may take")
    effort = time.add_mutually_exclusive_group()
    effort.add_argument(
        "--quick",
        action="store_true",
        default=None,
        help="one pair of each: shows whether everything runs, and gives no verdict on speed",
    )
    effort.add_argument(
        "--thorough",
        action="store_true",
        default=None,
        help="ten times the time; 'same' then rules out 0.75 %% instead of 1.5 %%",
    )
    time.add_argument(
        "--budget",
        metavar="SECONDS",
        help="time for measuring, all benchmarks together (default: 4 s or 15 pairs each)",
    )
    time.add_argument("--seed", metavar="N", help="fixes order and layouts (default: a new one)")
    rule = parser.add_argument_group("what counts as slower")
    add_rule(rule)
    rule.add_argument(
        "--strict",
        action="store_true",
        help="exit code 3 where a benchmark is undecided, or it is not shown that what ran is "
        "the commits' code",
    )
    given = parser.add_argument_group("what is given back")
    given.add_argument("--json", metavar="FILE", help="store the result with every pair")
    given.add_argument("--markdown", metavar="FILE", help="store a comment for a pull request")
    given.add_argument(
        "--annotations", action="store_true", help="print annotations for a GitHub workflow too"
    )
    given.add_argument(
        "--from",
        dest="stored",
        metavar="FILE",
        help="judge the result that --json stored, with another --floor or --false-alarms; "
        "nothing is timed",
    )
    given.add_argument("-v", "--verbose", action="store_true", help="list the same ones too")
    given.add_argument("--quiet", action="store_true", help="show no progress")


def parse_options(namespace: argparse.Namespace) -> Options:
    """The options, all checked. Raises UsageError with the option and its value."""
    exports = parse_exports(namespace, ("json", "markdown"))
    return Options(
        request=None if namespace.stored is not None else _parse_request(namespace),
        stored=None if namespace.stored is None else _parse_stored(namespace),
        false_alarms=parse_false_alarms(namespace.false_alarms),
        floor=parse_floor(namespace.floor),
        strict=namespace.strict,
        json=exports["json"],
        markdown=exports["markdown"],
        annotations=namespace.annotations,
        verbose=namespace.verbose,
        quiet=namespace.quiet,
    )


def margin_over(floor: float, thorough: bool) -> float:
    """The slowdown that "same" rules out."""
    return floor + (THOROUGH_MARGIN_OVER_FLOOR if thorough else MARGIN_OVER_FLOOR)


def _parse_request(namespace: argparse.Namespace) -> Request:
    if namespace.base is None:
        raise UsageError("name the revision to compare with, as in: hotloop gate main")
    # An empty text stays one: it is a variable that was not set, not "the first that fits".
    base, head = (
        namespace.environment if own is None else own
        for own in (namespace.base_environment, namespace.head_environment)
    )
    return Request(
        base=namespace.base,
        head=namespace.head or HEAD,
        from_merge_base=bool(namespace.merge_base),
        config=parse_config(namespace.config),
        benches=tuple(parse_regex(text) for text in namespace.bench or ()),
        environments=(base, head),
        quick=bool(namespace.quick),
        thorough=bool(namespace.thorough),
        budget_s=None if namespace.budget is None else parse_budget(namespace.budget),
        seed=None if namespace.seed is None else parse_count("--seed", namespace.seed),
    )


def _parse_stored(namespace: argparse.Namespace) -> Path:
    if namespace.base is not None:
        raise UsageError(f"--from measures nothing; leave out {namespace.base}")
    for name in _MEASURING:
        if getattr(namespace, name) is not None:
            raise UsageError(f"--from measures nothing; leave out --{name.replace('_', '-')}")
    return Path(namespace.stored)
