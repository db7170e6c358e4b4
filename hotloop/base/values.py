"""Values that several commands take: read from text, or chosen if none was given."""

import math
import random
import re

from hotloop.base.errors import UsageError

# Short enough to be typed again.
SEED_BITS = 32


def parse_number(option: str, text: str) -> float:
    """A number, which may be infinite or NaN. Raises UsageError."""
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


def parse_budget(text: str) -> float:
    """A time in seconds above 0. Raises UsageError."""
    budget_s = parse_number("--budget", text)
    if not 0 < budget_s < math.inf:
        raise UsageError(f"--budget {text}: give a time in seconds above 0")
    return budget_s


def seed_or_new(seed: int | None) -> int:
    """The seed that was asked for, or a new one."""
    return random.SystemRandom().getrandbits(SEED_BITS) if seed is None else seed
