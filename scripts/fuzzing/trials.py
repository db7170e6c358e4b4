"""One seed after the other, until the time is over."""

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from hotloop.base.errors import UsageError

EXIT_FOUND = 1
SECONDS_PER_MINUTE = 60.0

Try = Callable[[int], list[str]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that ``Trials.of`` reads."""
    parser.add_argument("--minutes", type=float, default=1.0, help="(default: %(default)s)")
    parser.add_argument("--seed", type=int, help="this trial alone")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default: 0)")


@dataclass(frozen=True, slots=True)
class Trials:
    """For how long which seeds are tried: ``alone``, or all from ``first`` on."""

    minutes: float
    first: int
    alone: int | None

    @classmethod
    def of(cls, namespace: argparse.Namespace) -> Self:
        """As the options say. Raises UsageError for a time that is none."""
        if not 0 < namespace.minutes < float("inf"):
            raise UsageError(f"--minutes {namespace.minutes}: give a number above 0")
        return cls(namespace.minutes, namespace.first, namespace.seed)

    def run(self, try_seed: Try, most_findings: float = math.inf) -> tuple[int, int]:
        """How many seeds were tried, and with how many ``try_seed`` found something.

        ``most_findings`` of these end it as well.
        """
        end_s = time.monotonic() + self.minutes * SECONDS_PER_MINUTE
        seed = self.first if self.alone is None else self.alone
        tried = found = 0
        while found < most_findings and time.monotonic() < end_s:
            tried += 1
            found += bool(try_seed(seed))
            if self.alone is not None:
                break
            seed += 1
        return tried, found
