"""Amounts of money."""

import functools


class Amount:
    """So many cents."""

    def __init__(self, cents):
        self.cents = cents

    @property
    def euros(self):
        """In euros."""
        return self.cents / 100

    @classmethod
    def parse(cls, text):
        """Of a text with a point."""
        whole, _, part = text.partition(".")
        return cls(int(whole) * 100 + int(part or 0))

    def __add__(self, other):
        return Amount(self.cents + other.cents)

    @functools.cached_property
    def digits(self):
        """How many a reader sees."""
        return len(f"{self.cents:d}")
