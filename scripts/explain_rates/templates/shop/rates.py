"""Rates by tag."""

import functools
import math

RATES = {f"tag{n}": 1 + n / 100 for n in range(11)}


def rate(tag):
    """The rate of a tag."""
    return RATES[tag]


@functools.lru_cache(maxsize=64)
def category(tag):
    """Which of seven categories a tag belongs to."""
    return sum(map(ord, tag)) % 7


def rounded(value):
    """Cents."""
    return math.floor(value * 100 + 0.5) / 100
