"""How many false alarms the gate's rule gives if its assumptions do not hold.

  .venv/bin/python scripts/gate-assumptions 100000

Prints the Markdown table of docs/gate-method.md. The rule is proved for pairs that are independent
and as likely above 0 as below; here both are broken, by known amounts. A row is one benchmark of
eight, on equal commits; noise has a standard deviation of about 1 % between pairs. "no floor"
continues for 59 pairs, whatever is found to be the same; "usual" is the gate's own rule.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hotloop.gate.rule import decide_rows
from hotloop.gate.rule.decide import Rule
from hotloop.gate.verdicts import Verdict
from scripts.simulations.rows import exit_code

Rows = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Rows]

BENCHMARKS = 8
RULES = {
    "no floor": Rule(0.01, 0.0, 1e-9, BENCHMARKS),
    "usual": Rule(0.01, 0.005, 0.015, BENCHMARKS),
}
PAIRS = 59
SD = 0.01
CHUNK = 20_000
SEED = 20261122


def normal(rng: np.random.Generator, rows: int) -> Rows:
    """Well-behaved: what the others are built on."""
    return rng.normal(0.0, SD, (rows, PAIRS))


def lognormal(width: float) -> Draw:
    """Skewed, the median at 0."""
    return lambda rng, rows: np.expm1(rng.normal(0.0, width, (rows, PAIRS))) * SD / width


def exponential(rng: np.random.Generator, rows: int) -> Rows:
    """Skewed to the utmost, the median at 0."""
    return rng.exponential(SD, (rows, PAIRS)) - SD * math.log(2)


def wild_upwards(rng: np.random.Generator, rows: int) -> Rows:
    """One pair in ten is 5 % off, and never to the better."""
    calm = normal(rng, rows)
    return np.where(rng.random(calm.shape) < 0.1, np.abs(5 * normal(rng, rows)), calm)


def off_by(part: float) -> Draw:
    """Head's process is always this part of a standard deviation slower: a bias."""
    return lambda rng, rows: normal(rng, rows) + part * SD


def following(memory: float) -> Draw:
    """Each pair keeps this part of the one before it."""

    def draw(rng: np.random.Generator, rows: int) -> Rows:
        values = normal(rng, rows)
        values[:, 0] /= math.sqrt(1 - memory**2)
        for pair in range(1, PAIRS):
            values[:, pair] += memory * values[:, pair - 1]
        return values

    return draw


def drifting(rng: np.random.Generator, rows: int) -> Rows:
    """Half a standard deviation slower at first, half a one faster at the end."""
    return normal(rng, rows) + np.linspace(0.5, -0.5, PAIRS) * SD


def wandering(rng: np.random.Generator, rows: int) -> Rows:
    """The centre takes a step of a tenth of a standard deviation with every pair."""
    return normal(rng, rows) + np.cumsum(0.1 * normal(rng, rows), axis=1)


NOISES: dict[str, Draw] = {
    "normal": normal,
    "t with 2 degrees of freedom": lambda rng, rows: rng.standard_t(2, (rows, PAIRS)) * SD / 1.5,
    "Cauchy": lambda rng, rows: rng.standard_cauchy((rows, PAIRS)) * SD,
    "two values, +1 and -1 %": lambda rng, rows: rng.choice((-SD, SD), (rows, PAIRS)),
    "rounded to 1 %": lambda rng, rows: np.round(normal(rng, rows), 2),
    "spread grows twentyfold": lambda rng, rows: normal(rng, rows) / 5 * np.geomspace(1, 20, PAIRS),
    "lognormal, width 0.5": lognormal(0.5),
    "lognormal, width 1": lognormal(1.0),
    "exponential": exponential,
    "one in ten wild, always upwards": wild_upwards,
    "off by 0.1 sd": off_by(0.1),
    "off by 0.2 sd": off_by(0.2),
    "off by 0.5 sd": off_by(0.5),
    "each pair keeps 0.2 of the last": following(0.2),
    "each pair keeps 0.5 of the last": following(0.5),
    "drifts from +0.5 to -0.5 sd": drifting,
    "wanders 0.1 sd a pair": wandering,
}


def false_alarms(rule: Rule, draw: Draw, rows: int) -> float:
    """The part of runs of ``BENCHMARKS`` that flag anything."""
    rng = np.random.default_rng(SEED)
    flagged = 0
    for start in range(0, rows, CHUNK):
        walks = decide_rows.walk(rule, draw(rng, min(CHUNK, rows - start)))
        either = walks.are(Verdict.SLOWER) | walks.are(Verdict.FASTER)
        flagged += int(np.count_nonzero(either))
    return float(1 - (1 - flagged / rows) ** BENCHMARKS)


def table(rows: int) -> None:
    """Print the table, of so many rows a cell."""
    print("| noise | " + " | ".join(RULES) + " |")
    print("| --- |" + " --- |" * len(RULES))
    for name, draw in NOISES.items():
        shares = [f"{false_alarms(rule, draw, rows):.2%}" for rule in RULES.values()]
        print(f"| {name} | " + " | ".join(shares).replace("%", " %") + " |", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Print the table; returns the exit code."""
    return exit_code("gate-assumptions", __doc__, 100_000, table, arguments)
