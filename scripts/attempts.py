"""Runs of tools, for hours: one that fails is said and left out, many in a row end it."""

import sys
import time
from collections.abc import Callable, Collection
from typing import TypeVar

from hotloop.base.errors import MeasurementError, UsageError

SECONDS_PER_HOUR = 3600.0
# This many failures in a row are not bad luck.
FAILURES_IN_A_ROW = 5

T = TypeVar("T")


class Attempts:
    """Counts the failures since the last success."""

    def __init__(self) -> None:
        self._failures = 0

    def make(self, what: str, run: Callable[[], T]) -> T | None:
        """What ``run`` returns, or None if it failed. Raises MeasurementError if too many did."""
        try:
            done = run()
        except MeasurementError as error:
            self._failures += 1
            say(f"{what}: {error}")
            if self._failures == FAILURES_IN_A_ROW:
                raise
            return None
        self._failures = 0
        return done


def parse_names(option: str, text: str, known: Collection[str]) -> list[str]:
    """The names that an option gives. Raises UsageError."""
    names = [name for name in text.split(",") if name]
    if not names or not set(names) <= set(known):
        raise UsageError(f"{option} {text}: give some of {', '.join(known)}")
    return names


def say(sentence: str) -> None:
    """On stderr, with the time."""
    print(f"{time.strftime('%H:%M:%S')}  {sentence}", file=sys.stderr, flush=True)
