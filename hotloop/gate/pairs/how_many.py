"""How many lanes a run gets, from what a short trial of some numbers of them showed: pure.

A lane is worth what it finds out in a second: the more slices it takes, and the less neighbouring
slices differ, the sooner a benchmark is decided. The error of a mean falls with the root of its
number of values, so a lane's pace is slices / scatter**2. Lanes that share a core, a memory bus or
a quota of CPU time slow each other down. So a lane is compared with itself while fewer others were
busy, never with another lane, whose CPU may have had other work to do.

Neighbours of the machine make turns restless that no lane of ours disturbed, and a lane given up
for that costs more than one too many. So lanes are given up only for what all but one turn show.
"""

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# With more CPUs than this, one is left to the driver and to everybody else.
FEWEST_WITH_A_FREE_CPU = 3
# Slices that differ less are as good as equal: a pair has hundreds of them, and its other errors.
SMALL_SCATTER = 0.01
# As many lanes as needed for this part of the highest pace: hardly more would be gained, and each
# lane takes a CPU from the libraries that ask how many there are.
ENOUGH = 0.9
# Where no trial was possible: pairs on two CPUs scatter no more than on one (docs/gate-method.md).
WITHOUT_A_TRIAL = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """What one lane did while others were busy: slices a second, and how far they scattered.

    ``slices_per_s`` counts wall time; ``scatter`` is a robust standard deviation of the logarithm
    of the ratio of neighbouring slices' CPU times. Raises ValueError for values that a lane at
    work cannot have.
    """

    slices_per_s: float
    scatter: float

    def __post_init__(self) -> None:
        if not (0 < self.slices_per_s < math.inf and 0 <= self.scatter < math.inf):
            raise ValueError(f"{self.slices_per_s} slices a second that scatter by {self.scatter}")


@dataclass(frozen=True, slots=True)
class Choice:
    """How many lanes there are, and why: a clause about so many pairs at once."""

    lanes: int
    why: str


def most_lanes(cpus: int) -> int:
    """As many as there are CPUs, but for one that stays free if there are three or more."""
    return cpus - 1 if cpus >= FEWEST_WITH_A_FREE_CPU else cpus


def worth_trying(cpus: int, cores: int) -> tuple[int, ...]:
    """The numbers of lanes to try, ascending: 1, the most, halves of it, and one on each core.

    ``cores`` is how many of the CPUs share nothing: at most ``cpus``.
    """
    most = most_lanes(cpus)
    tried = {1, most, min(most, cores)}
    half = most
    while half := half // 2:
        tried.add(half)
    return tuple(sorted(tried))


def choose(trials: Mapping[int, Sequence[Sequence[Reading]]], cpus: int) -> Choice:
    """The fewest lanes that find out nearly as much as any number of them.

    ``trials`` has the readings of each number of lanes that was tried: one a lane, in each turn.
    Without any, the choice is what was measured elsewhere.
    """
    if not trials:
        lanes = min(WITHOUT_A_TRIAL, most_lanes(cpus))
        return Choice(lanes, "no trial of more was possible")
    worth = worths(trials)
    best = max(worth.values())
    lanes = min(lanes for lanes, reached in worth.items() if reached >= ENOUGH * best)
    if lanes == 1:
        return Choice(1, f"in a trial on {cpus} CPUs, more at once found out no more")
    gain = f"{worth[lanes]:.2g} times as much as one at a time"
    return Choice(lanes, f"in a trial on {cpus} CPUs, they found out {gain}")


def worths(trials: Mapping[int, Sequence[Sequence[Reading]]]) -> dict[int, float]:
    """What each number of lanes finds out in a second; the fewest lanes count by their number."""
    counts = sorted(trials)
    found = {counts[0]: float(counts[0])}
    for fewer, more in itertools.pairwise(counts):
        kept = sorted(map(_kept, trials[fewer], trials[more]))
        found[more] = found[fewer] * more / fewer * kept[max(0, len(kept) - 2)]
    return found


def _kept(fewer: Sequence[Reading], more: Sequence[Reading]) -> float:
    """Which part of their pace the lanes keep, in one turn, that are busy in both; at most 1."""
    return min(1.0, statistics.median(pace(b) / pace(a) for a, b in zip(fewer, more, strict=False)))


def pace(reading: Reading) -> float:
    """What a lane finds out in a second, in a unit of its own."""
    return reading.slices_per_s / max(SMALL_SCATTER, reading.scatter) ** 2
