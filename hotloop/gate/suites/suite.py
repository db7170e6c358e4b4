"""What every kind of suite comes to: benchmarks, and what is to be said about them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.base.errors import MeasurementError
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


def matches(name: str, patterns: Sequence[re.Pattern[str]]) -> bool:
    """Whether one of ``patterns`` is found in ``name``; none: every name is wanted."""
    return not patterns or any(pattern.search(name) for pattern in patterns)


def none_matches(patterns: Sequence[re.Pattern[str]], labels: Sequence[str]) -> MeasurementError:
    """The error if no benchmark of a suite that has ``labels`` is wanted."""
    wanted = " or ".join(f"--bench {pattern.pattern!r}" for pattern in patterns)
    return MeasurementError(f"no benchmark matches {wanted}; the suite has {some(labels)}")


def some(labels: Sequence[str]) -> str:
    """A few of them, and how many others there are."""
    more = len(labels) - SHOWN_NAMES
    return ", ".join(labels[:SHOWN_NAMES]) + (f" and {more} others" if more > 0 else "")
