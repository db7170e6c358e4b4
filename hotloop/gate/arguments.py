"""Options that several of the gate's commands take: declared here once, and read from text."""

import argparse
import re
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.base.values import parse_number

# A floor without a per cent sign from here on is more likely a per cent than a part of 1.
LARGEST_PLAIN_FLOOR = 0.1
PERCENT = "%"
CONFIG = "asv.conf.json"
DEFAULT_FALSE_ALARMS = 0.01
DEFAULT_FLOOR = 0.005


def add_selection(group: argparse._ArgumentGroup) -> None:
    """Declare --config and --bench: which suite, and what of it."""
    group.add_argument(
        "--config", metavar="FILE", help=f"asv's configuration of the project (default: {CONFIG})"
    )
    group.add_argument(
        "--bench",
        metavar="REGEX",
        action="append",
        help="only benchmarks whose name has a match; may be repeated",
    )


def add_rule(group: argparse._ArgumentGroup) -> None:
    """Declare --false-alarms and --floor: what counts as slower."""
    group.add_argument(
        "--false-alarms",
        metavar="PART",
        help="how often a run on equal commits may flag anything "
        f"(default: {DEFAULT_FALSE_ALARMS}, 1 in 100)",
    )
    group.add_argument(
        "--floor",
        metavar="PERCENT",
        help="slowdowns up to this are nobody's business: another memory layout costs as much "
        f"(default: {DEFAULT_FLOOR * 100:g}%%)",
    )


def parse_config(text: str | None) -> Path:
    """The configuration's path. Raises UsageError for an empty one."""
    if text is not None and not text.strip():
        raise UsageError(f"--config '': name a file, as in --config {CONFIG}")
    return Path(CONFIG if text is None else text)


def parse_regex(text: str) -> str:
    """A regular expression for names of benchmarks. Raises UsageError."""
    try:
        re.compile(text)
    except re.error as error:
        raise UsageError(f"--bench {text}: not a regular expression ({error})") from None
    return text


def parse_false_alarms(text: str | None) -> float | None:
    """A part of all runs, "1%" or "0.01"; None stays None. Raises UsageError."""
    if text is None:
        return None
    chance = _parse_part("--false-alarms", text)
    if not 0 < chance < 1:
        raise UsageError(f"--false-alarms {text}: give a part of all runs, above 0 and below 1")
    return chance


def parse_floor(text: str | None) -> float | None:
    """A slowdown in per cent or as a part of 1; None stays None. Raises UsageError."""
    if text is None:
        return None
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
    """``0.5%`` or ``0.005``, as a part of 1."""
    stripped = text.strip()
    if stripped.endswith(PERCENT):
        return parse_number(option, stripped.removesuffix(PERCENT)) / 100
    return parse_number(option, stripped)
