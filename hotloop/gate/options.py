"""What ``hotloop gate`` was asked for: parsed once, refused before anything is built."""

import argparse
from dataclasses import dataclass, replace
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
    parse_false_discoveries,
    parse_stored,
    refuse_with_from,
)
from hotloop.gate.model import Effort, Request, Shard
from hotloop.report.exports import parse_exports


@dataclass(frozen=True, slots=True)
class Options:
    """``request`` says what to measure, or ``stored`` which results to judge again, together.

    ``budget_s`` None: the usual allowance. ``seed`` None: choose one. ``shard``: measure only this
    part of the suite; None: all of it. ``lanes`` None: decide by a trial. ``explain``: say why what
    changed most did.
    """

    request: Request | None
    stored: tuple[Path, ...] | None
    effort: Effort
    budget_s: float | None
    seed: int | None
    lanes: int | None
    rule: AskedRule
    strict: bool
    json: Path | None
    markdown: Path | None
    junit: Path | None
    annotations: bool
    verbose: bool
    quiet: bool
    shard: Shard | None = None
    explain: bool = False
    stacks: Path | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.usage = (
        "hotloop gate BASE [HEAD] [option ...]\n       hotloop gate --from FILE ... [option ...]"
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
    add_pytest(what)
    what.add_argument(
        "--affected",
        action="store_true",
        default=None,
        help="measure only benchmarks that run code which the change touches, as traced calls on "
        "both sides show; the others are listed as untouched",
    )
    what.add_argument(
        "--explain",
        action="store_true",
        default=None,
        help="after the verdict, say why the three benchmarks that changed most did: which "
        "function of the project, how often it is called, which commit",
    )
    what.add_argument(
        "--merge-base",
        action="store_true",
        default=None,
        help="compare with the commit at which HEAD left BASE",
    )
    add_environment(what, " for both sides")
    what.add_argument(
        "--base-environment",
        metavar="NAME",
        help="for base alone; with one commit on both sides, two environments are compared",
    )
    what.add_argument("--head-environment", metavar="NAME", help="for head alone")
    what.add_argument(
        "--shard",
        metavar="K/N",
        type=parse_shard,
        help="measure the K-th of N parts of the suite, one on each machine; --from judges all "
        "of them together",
    )
    time = parser.add_argument_group("how long it may take")
    effort = time.add_mutually_exclusive_group()
    effort.add_argument(
        "--quick",
        dest="effort",
        action="store_const",
        const=Effort.QUICK,
        help="one pair of each: shows whether everything runs, and gives no verdict on speed",
    )
    effort.add_argument(
        "--thorough",
        dest="effort",
        action="store_const",
        const=Effort.THOROUGH,
        help="ten times the time; 'same' then rules out 0.75 %% instead of 1.5 %%",
    )
    time.add_argument(
        "--budget",
        metavar="SECONDS",
        type=parse_budget,
        help="time for measuring, all benchmarks together (default: 4 s or 20 pairs each, or two "
        "tests of each if that is longer; as much again for what looks slower then)",
    )
    time.add_argument(
        "--seed",
        metavar="N",
        type=partial(parse_count, "--seed"),
        help="fixes order and layouts (default: a new one)",
    )
    add_lanes(time)
    refuse_with_from(parser, what, time)
    rule = parser.add_argument_group("what counts as slower")
    add_rule(rule)
    rule.add_argument(
        "--false-discoveries",
        metavar="PART",
        type=parse_false_discoveries,
        help="instead of --false-alarms: how much of what is flagged may be false on average, as "
        "in 5%%; for nightly runs of whole suites",
    )
    rule.add_argument(
        "--strict",
        action="store_true",
        help="exit code 3 if a benchmark is undecided, or if it is not certain that the "
        "commits' code ran",
    )
    given = parser.add_argument_group("output")
    given.add_argument("--json", metavar="FILE", help="store the result with every pair")
    given.add_argument("--markdown", metavar="FILE", help="store a comment for a pull request")
    given.add_argument(
        "--junit", metavar="FILE", help="store JUnit XML, a test case for each benchmark"
    )
    given.add_argument(
        "--stacks",
        metavar="FILE",
        help="with --explain: store chains of calls of both sides, for speedscope",
    )
    given.add_argument(
        "--annotations", action="store_true", help="print annotations for a GitHub workflow too"
    )
    given.add_argument(
        "--from",
        dest="stored",
        metavar="FILE",
        nargs="+",
        help="judge the result that --json stored, with another --floor or --false-alarms, or the "
        "results of all shards together; nothing is timed",
    )
    given.add_argument(
        "-v", "--verbose", action="store_true", help="also list the benchmarks that are the same"
    )
    given.add_argument("--quiet", action="store_true", help="show no progress")


def parse_options(namespace: argparse.Namespace) -> Options:
    """The options, all checked. Raises UsageError with the option and its value."""
    if namespace.explain and namespace.stored is not None:
        raise UsageError(
            "--from measures nothing, and so explains nothing: "
            f"hotloop explain {namespace.stored[0]} does"
        )
    stored = parse_stored(namespace, namespace.base)
    if namespace.explain and namespace.effort is Effort.QUICK:
        raise UsageError("--explain explains a verdict, and --quick gives none: leave one out")
    if namespace.stacks is not None and not namespace.explain and stored is None:
        raise UsageError("--stacks stores what --explain finds: add --explain")
    exports = parse_exports(namespace, ("json", "markdown", "junit", "stacks"))
    return Options(
        request=_request(namespace) if stored is None else None,
        stored=stored,
        effort=namespace.effort or Effort.USUAL,
        budget_s=namespace.budget,
        seed=namespace.seed,
        lanes=namespace.lanes,
        rule=_rule(namespace),
        strict=namespace.strict,
        json=exports["json"],
        markdown=exports["markdown"],
        junit=exports["junit"],
        annotations=namespace.annotations,
        verbose=namespace.verbose,
        quiet=namespace.quiet,
        shard=namespace.shard,
        explain=bool(namespace.explain),
        stacks=exports["stacks"],
    )


def parse_shard(text: str) -> Shard:
    """``3/8``. Raises UsageError."""
    number, slash, of = text.partition("/")
    try:
        if not (slash and number.isascii() and of.isascii() and (number + of).isdecimal()):
            raise ValueError(text)
        return Shard(int(number), int(of))
    except ValueError:
        raise UsageError(
            f"--shard {text[:40]}: give which part and of how many, from 1, as in --shard 3/8"
        ) from None


def _rule(namespace: argparse.Namespace) -> AskedRule:
    if namespace.false_alarms is not None and namespace.false_discoveries is not None:
        raise UsageError("--false-discoveries replaces --false-alarms; give one of them")
    return replace(asked_rule(namespace), false_discoveries=namespace.false_discoveries)


def _request(namespace: argparse.Namespace) -> Request:
    if namespace.base is None:
        raise UsageError("name the revision to compare with, as in: hotloop gate main")
    # An empty text stays empty: it is a variable that was not set, not "the first that fits".
    base, head = (
        namespace.environment if own is None else own
        for own in (namespace.base_environment, namespace.head_environment)
    )
    return replace(
        asked_request(namespace, namespace.base, namespace.head or HEAD, (base, head)),
        from_merge_base=bool(namespace.merge_base),
        affected=bool(namespace.affected),
    )
