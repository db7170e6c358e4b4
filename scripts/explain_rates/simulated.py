"""How often a single suspect is named, by simulation: one that costs nothing, or all of it."""

import math
import random
from collections.abc import Sequence

from hotloop.gate.explain import finding
from hotloop.gate.explain.swaps import Swap, Trial
from scripts.tables import table

HEAD = ("noise of a pair", "change", "named though it costs nothing", "named where it costs all")
NOISES = (0.005, 0.01, 0.02)
CHANGES = (0.02, 0.03)
TRIALS = 1000


def render(chance: random.Random) -> str:
    """A row for each noise, the standard deviation of a pair's logarithm, and each change."""
    rows = []
    for noise in NOISES:
        for change in CHANGES:
            log_ratio = math.log1p(change)
            rates = [
                sum(_is_named(cost, noise, log_ratio, chance) for _ in range(TRIALS)) / TRIALS
                for cost in (0.0, log_ratio)
            ]
            shown = (f"{noise * 100:g} %", f"{change * 100:g} %", *_shown(rates))
            rows.append(shown)
    return "\n".join(table(HEAD, rows))


def _is_named(cost: float, noise: float, log_ratio: float, chance: random.Random) -> bool:
    """With one suspect: the first look, and the second where that leaves it open."""
    gains: tuple[float, ...] = ()
    for _ in range(finding.LOOKS):
        gains += tuple(chance.gauss(cost, noise) for _ in range(finding.fewest_pairs(1)))
        found = finding.gain(Trial(Swap((), {}), gains), log_ratio, 1)
        assert found is not None
        if not found.is_open:
            return found.is_shown
    return False


def _shown(rates: Sequence[float]) -> tuple[str, ...]:
    return tuple(f"{rate:.1%}" for rate in rates)
