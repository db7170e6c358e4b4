"""Values of options that several of the gate's commands take, from text."""

import math
import re

from hotloop.errors import UsageError

# A floor without a per cent sign from here on is more likely a per cent than a part of 1.
LARGEST_PLAIN_FLOOR = 0.1
PERCENT = "%"


def parse_regex(text: str) -> str:
    """A regular expression for names of benchmarks. Raises UsageError."""
    try:
        re.compile(text)
    except re.error as error:
        raise UsageError(f"--bench {text}: not a regular expression ({error})") from None
    return text


def parse_budget(text: str) -> float:
    """A time in seconds above 0. Raises UsageError."""
    budget_s = _parse_number("--budget", text)
    if not 0 < budget_s < math.inf:
        raise UsageError(f"--budget {text}: give a time in seconds above 0")
    return budget_s


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
        return _parse_number(option, stripped.removesuffix(PERCENT)) / 100
    return _parse_number(option, stripped)


def _parse_number(option: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is not a number") from None


def parse_count(option: str, text: str) -> int:
    """A whole number, 0 or more. Raises UsageError."""
    try:
        if re.fullmatch(r"\d+", text, re.ASCII):
            return int(text)
    except ValueError:  # more digits than Python converts
        pass
    raise UsageError(f"{option} {text[:40]}: give a whole number, 0 or more")
