"""Values that several commands take: read from text, or chosen if none was given."""

import math
import random
import re
from collections.abc import Callable, Sequence

from hotloop.base.errors import UsageError

# Short enough to be typed again.
SEED_BITS = 32


def parse_number(option: str, text: str) -> float:
    """A number, which may be infinite or NaN. Raises UsageError."""
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is not a number") from None


def parse_count(option: str, text: str, least: int = 0, most: int | None = None) -> int:
    """A whole number from ``least`` to ``most``; None: any more. Raises UsageError."""
    try:
        number = int(text) if re.fullmatch(r"\d+", text, re.ASCII) else -1
    except ValueError:  # more digits than Python converts
        number = -1
    if number < least or (most is not None and number > most):
        bounds = f"{least:,} or more" if most is None else f"from {least:,} to {most:,}"
        raise UsageError(f"{option} {text[:40]}: give a whole number, {bounds}")
    return number


def parse_budget(text: str) -> float:
    """A time in seconds above 0. Raises UsageError."""
    budget_s = parse_number("--budget", text)
    if not 0 < budget_s < math.inf:
        raise UsageError(f"--budget {text}: give a time in seconds above 0")
    return budget_s


def check_names(names: Sequence[str], get: Callable[[str], object], what: str) -> None:
    """Refuse a name that is there twice, or that ``get`` has nothing for. Raises UsageError.

    what: one of those that have the names.
    """
    for name in names:
        try:
            get(name)
        except ValueError as error:
            raise UsageError(str(error)) from None
        if names.count(name) > 1:
            raise UsageError(f"{name} is named {names.count(name)} times; name each {what} once")


def seed_or_new(seed: int | None) -> int:
    """The seed that was asked for, or a new one."""
    return random.SystemRandom().getrandbits(SEED_BITS) if seed is None else seed
