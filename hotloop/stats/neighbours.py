"""The ratio of two contenders in one set of processes, from neighbouring rounds.

Each turn of the one that has fewer is compared with the turns of the other around it, so that a
machine that changes its speed within the set changes both sides of each ratio: the median of these
ratios drops drifts that a ratio of two medians keeps. The design is that of paired comparisons
(Fisher 1935, "The Design of Experiments", chapter III); between two turns of the other, its
logarithm is taken to change in a straight line.
"""

import bisect
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turns:
    """When and how fast: the places of turns in their set, ascending, and the log of each time."""

    places: tuple[float, ...]
    logs: tuple[float, ...]


def turns(samples_s: Sequence[float], rounds: Sequence[int]) -> Turns:
    """The turns of one process: the median of the samples of each round.

    Without rounds, the samples are taken to be spread evenly over the set. Raises ValueError
    without samples, or for one that is not positive: its logarithm says nothing.
    """
    if not samples_s:
        raise ValueError("a process without samples")
    if min(samples_s) <= 0:
        raise ValueError(f"a ratio with {min(samples_s)} says nothing")
    if not rounds:
        n = len(samples_s)
        places = tuple((k + 0.5) / n for k in range(n))
        return Turns(places, tuple(map(math.log, samples_s)))
    by_round: dict[int, list[float]] = {}
    for place, seconds in zip(rounds, samples_s, strict=True):
        by_round.setdefault(place, []).append(seconds)
    medians = (math.log(statistics.median(of_round)) for of_round in by_round.values())
    return Turns(tuple(map(float, by_round)), tuple(medians))


def log_ratio(top: Turns, bottom: Turns) -> float:
    """The logarithm of top's times over bottom's: the median over the turns of the rarer one."""
    if len(top.places) <= len(bottom.places):
        return statistics.median(
            log - at(bottom, place) for place, log in zip(top.places, top.logs, strict=True)
        )
    return -log_ratio(bottom, top)


def at(known: Turns, place: float) -> float:
    """The logarithm at a place: that of a turn there, or between the turns around it."""
    after = bisect.bisect_left(known.places, place)
    if after == len(known.places):
        return known.logs[-1]
    if known.places[after] == place or after == 0:
        return known.logs[after]
    before = after - 1
    span = known.places[after] - known.places[before]
    part = (place - known.places[before]) / span
    return known.logs[before] * (1 - part) + known.logs[after] * part
