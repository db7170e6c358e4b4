"""Options that several of the gate's commands share: declared here once, and read from text."""

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.base.values import parse_number

# A floor this large without a per cent sign probably means per cent, not a fraction.
LARGEST_PLAIN_FLOOR = 0.1
PERCENT = "%"
CONFIG = "asv.conf.json"
HEAD = "HEAD"
DEFAULT_FALSE_ALARMS = 0.01
DEFAULT_FLOOR = 0.005


@dataclass(frozen=True, slots=True)
class AskedRule:
    """What counts as slower; None: the default, or the value of the stored result."""

    false_alarms: float | None = None
    floor: float | None = None


def add_selection(group: argparse._ArgumentGroup) -> None:
    """Declare --config and --bench: which suite, and what of it."""
    group.add_argument(
        "--config",
        metavar="FILE",
        type=parse_config,
        help=f"asv's configuration of the project (default: {CONFIG})",
    )
    group.add_argument(
        "--bench",
        metavar="REGEX",
        action="append",
        type=parse_regex,
        help="only benchmarks whose name has a match; may be repeated",
    )


def add_rule(group: argparse._ArgumentGroup) -> None:
    """Declare --false-alarms and --floor: what counts as slower."""
    group.add_argument(
        "--false-alarms",
        metavar="PART",
        type=parse_false_alarms,
        help="how often a run on equal commits may flag anything "
        f"(default: {DEFAULT_FALSE_ALARMS}, 1 in 100)",
    )
    group.add_argument(
        "--floor",
        metavar="PERCENT",
        type=parse_floor,
        help="ignore slowdowns up to this: another memory layout can cost as much "
        f"(default: {DEFAULT_FLOOR * 100:g}%%)",
    )


def asked_rule(namespace: argparse.Namespace) -> AskedRule:
    """The values of ``add_rule``'s options."""
    return AskedRule(namespace.false_alarms, namespace.floor)


def refuse_with_from(parser: argparse.ArgumentParser, *measuring: argparse._ArgumentGroup) -> None:
    """Let ``parse_stored`` refuse the options of these groups, which say how to measure."""
    actions = [action for group in measuring for action in group._group_actions]
    parser.set_defaults(measuring=tuple(actions))


def parse_stored(namespace: argparse.Namespace, revision: str | None) -> tuple[Path, ...] | None:
    """The files of --from, None if not given. Raises UsageError for options that it excludes."""
    if namespace.stored is None:
        return None
    given = [
        action.option_strings[0]
        for action in namespace.measuring
        # Options that share a destination each have a value of their own.
        if (value := getattr(namespace, action.dest)) is not None and action.const in (None, value)
    ]
    for what in [revision, *given]:
        if what is not None:
            raise UsageError(f"--from measures nothing; leave out {what}")
    files = [namespace.stored] if isinstance(namespace.stored, str) else namespace.stored
    return tuple(map(Path, files))


def parse_config(text: str) -> Path:
    """The configuration's path. Raises UsageError for an empty one."""
    if not text.strip():
        raise UsageError(f"--config '': name a file, as in --config {CONFIG}")
    return Path(text)


def parse_regex(text: str) -> str:
    """A regular expression for names of benchmarks. Raises UsageError."""
    try:
        re.compile(text)
    except re.error as error:
        raise UsageError(f"--bench {text}: not a regular expression ({error})") from None
    return text


def parse_false_alarms(text: str) -> float:
    """A fraction of all runs, "1%" or "0.01". Raises UsageError."""
    chance = _parse_part("--false-alarms", text)
    if not 0 < chance < 1:
        raise UsageError(f"--false-alarms {text}: give a part of all runs, above 0 and below 1")
    return chance


def parse_floor(text: str) -> float:
    """A slowdown in per cent or as a fraction. Raises UsageError."""
    floor = _parse_part("--floor", text)
    if not 0 <= floor < 1:
        raise UsageError(f"--floor {text}: give per cent from 0 to below 100, as in --floor 0.5%")
    if not text.strip().endswith(PERCENT) and floor >= LARGEST_PLAIN_FLOOR:
        raise UsageError(
            f"--floor {text}: that is {floor * 100:g} %; write {floor * 100:g}% if it is meant, "
            f"or {text}% for per cent"
        )
    return floor


def _parse_part(option: str, text: str) -> float:
    """``0.5%`` or ``0.005``, as a fraction."""
    stripped = text.strip()
    if stripped.endswith(PERCENT):
        return parse_number(option, stripped.removesuffix(PERCENT)) / 100
    return parse_number(option, stripped)
