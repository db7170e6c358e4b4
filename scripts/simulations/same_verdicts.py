"""How soon the gate's rule says "same", and how often of what is slower.

  .venv/bin/python scripts/gate-same-verdicts 20000

Prints the Markdown table of docs/gate-method.md. A row is one benchmark of eight, which takes 40
pairs at most, with noise of the stated standard deviation between pairs: normal, with one pair in
ten that is ten times as far off, of Student's t with 3 degrees of freedom (scaled by 0.9), or of
two values only.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hotloop.gate.rule import decide_rows
from hotloop.gate.rule.decide import Rule
from hotloop.gate.verdicts import Verdict
from scripts.simulations.rows import exit_code

RULE = Rule(0.01, 0.005, 0.015, 8)
PAIRS = 40
SLOWDOWNS = (0.01, 0.015, 0.02)
SEED = 20261127

Shape = tuple[int, int]
Noise = Callable[[np.random.Generator, Shape], NDArray[np.float64]]


def normal(sd: float) -> Noise:
    """As most benchmarks have it."""
    return lambda rng, shape: rng.normal(0.0, sd, shape)


def one_in_ten_wild(sd: float) -> Noise:
    """A process that keeps its bad luck."""
    return lambda rng, shape: rng.normal(0.0, sd, shape) * np.where(rng.random(shape) < 0.1, 10, 1)


def heavy(sd: float) -> Noise:
    """Tails that have no end."""
    return lambda rng, shape: rng.standard_t(3, shape) * sd * 0.9


def two_values(size: float) -> Noise:
    """The worst for tests that ask how far values scatter: never near the centre."""
    return lambda rng, shape: rng.choice([-size, size], shape)


NOISES = {
    "normal, 0.2 %": normal(0.002),
    "normal, 0.3 %": normal(0.003),
    "normal, 0.5 %": normal(0.005),
    "normal, 0.75 %": normal(0.0075),
    "normal, 1 %": normal(0.01),
    "normal, 3 %": normal(0.03),
    "0.4 %, one in ten wild": one_in_ten_wild(0.004),
    "heavy tails, 0.5 %": heavy(0.005),
    "two values, +1.2 and -1.2 %": two_values(0.012),
}


def table(rows: int) -> None:
    """Print the table, of so many rows a cell."""
    rng = np.random.default_rng(SEED)
    heads = [f"+{100 * slowdown:g} %: same, slower" for slowdown in SLOWDOWNS]
    print(f"| noise | equal: pairs | {' | '.join(heads)} |")
    print(f"| --- | --- | {' | '.join('---' for _ in heads)} |")
    for words, noise in NOISES.items():
        drawn = noise(rng, (rows, PAIRS))
        equal = decide_rows.walk(RULE, drawn)
        cells = [f"{np.mean(np.minimum(equal.pairs, PAIRS)):.1f}"]
        for slowdown in SLOWDOWNS:
            walks = decide_rows.walk(RULE, drawn + math.log1p(slowdown))
            same, slower = (np.mean(walks.are(v)) for v in (Verdict.SAME, Verdict.SLOWER))
            cells.append(f"{100 * same:.2f} %, {100 * slower:.1f} %")
        print(f"| {words} | {' | '.join(cells)} |", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Print the table; returns the exit code."""
    return exit_code("gate-same-verdicts", __doc__, 20_000, table, arguments)
