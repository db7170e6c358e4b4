"""What each choice of floor and margin would give: the table from which the defaults are chosen.

A row is a choice. Its cells are for suites of eight benchmarks with normal noise between pairs, of
which each may have ``MOST_PAIRS``: about what is left for one that is slower while the others are
the same. The last cells are for builds of equal code that are off by something of their own, which
all pairs of a run share: normal, with the stated standard deviation.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hotloop.gate.rule import decide_rows
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.decide_rows import Walks
from hotloop.gate.verdicts import DEFAULT_FALSE_ALARMS, Verdict
from hotloop.stats.signed_rank_rows import Rows
from scripts.tables import table

SEED = 417
BENCHMARKS = 8
MOST_PAIRS = 60
# As fractions: of the floors, and of the margins above them.
CHOICES = (
    (0.0, 0.01), (0.0025, 0.01), (0.0025, 0.0125), (0.005, 0.01), (0.0075, 0.01), (0.01, 0.01),
)  # fmt: skip
SLOWDOWNS = (0.005, 0.01, 0.02)
NOISES = (0.003, 0.005)


@dataclass(frozen=True, slots=True)
class Choice:
    """A floor and the margin that goes with it."""

    rule: Rule
    rng: np.random.Generator

    def walks(self, centres: Rows, noise: float) -> Walks:
        """Of benchmarks whose log ratios have these centres, (m,)."""
        rows = self.rng.normal(0.0, noise, (len(centres), MOST_PAIRS)) + centres[:, None]
        return decide_rows.walk(self.rule, rows)

    def power(self, slowdown: float, noise: float, runs: int) -> float:
        """How often one that is slower is called so."""
        found = self.walks(np.full(runs, math.log1p(slowdown)), noise).are(Verdict.SLOWER)
        return float(found.mean())

    def pairs(self, noise: float, runs: int) -> float:
        """How many pairs one on equal commits takes, on average."""
        taken = np.minimum(self.walks(np.zeros(runs), noise).pairs, MOST_PAIRS)
        return float(taken.mean())

    def flagging(self, build_sd: float, noise: float, runs: int) -> float:
        """How often a run on builds of equal code flags anything."""
        walks = self.walks(self.rng.normal(0.0, build_sd, runs * BENCHMARKS), noise)
        flags = walks.are(Verdict.SLOWER) | walks.are(Verdict.FASTER)
        return float(flags.reshape(runs, BENCHMARKS).any(axis=1).mean())


def render(runs: int, build_sds: Sequence[float]) -> str:
    """A Markdown table in per cent, each cell from so many simulated runs."""
    head = (
        *("floor", "margin"),
        *(f"+{100 * s:g} % found, noise {100 * n:g} %" for n in NOISES for s in SLOWDOWNS),
        *(f"pairs if equal, noise {100 * n:g} %" for n in NOISES),
        *(f"runs flagging, builds off by sd {100 * sd:g} %" for sd in build_sds),
    )
    rows = []
    for floor, above in CHOICES:
        rule = Rule(DEFAULT_FALSE_ALARMS, floor, floor + above, BENCHMARKS)
        choice = Choice(rule, np.random.default_rng(SEED))
        rows.append(
            (
                *(f"{100 * floor:g} %", f"{100 * (floor + above):g} %"),
                *(f"{100 * choice.power(s, n, runs):.3g}" for n in NOISES for s in SLOWDOWNS),
                *(f"{choice.pairs(n, runs):.1f}" for n in NOISES),
                *(f"{100 * choice.flagging(sd, NOISES[0], runs):.2g}" for sd in build_sds),
            )
        )
    return "\n".join([*table(head, rows), ""])
