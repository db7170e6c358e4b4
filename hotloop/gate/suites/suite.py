"""What every kind of suite comes to: benchmarks, and what is to be said about them."""

from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.gate.model import Benchmark

SHOWN_NAMES = 3


@dataclass(frozen=True, slots=True)
class Suite:
    """What is to be run, and how the suite differs from base's.

    ``gone`` are labels of base's suite that head's lacks. ``warnings`` name what was found but
    cannot be judged. ``executed`` are the files outside the suite that ran when it was imported.
    """

    benchmarks: tuple[Benchmark, ...]
    gone: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    executed: tuple[str, ...] = ()


def some(labels: Sequence[str]) -> str:
    """A few of them, and how many others there are."""
    more = len(labels) - SHOWN_NAMES
    return ", ".join(labels[:SHOWN_NAMES]) + (f" and {more} others" if more > 0 else "")
