"""How long a pair of the gate should be: what each length finds in the usual time, and its cost.

  .venv/bin/python scripts/gate-pair-length 100000

Prints the Markdown table of docs/method.md. The noise of a pair is modelled as normal, with a
part of every pair (the layout), a part of every copy (its memory pages) and a part of the samples,
so that it has the given standard deviation at 0.2 s of samples with copies of 10 ms. A row of the
simulation is one benchmark of eight, 1 % slower, with the gate's own rule and two lanes.
"""

import math
from collections.abc import Sequence

import numpy as np

from hotloop.gate.pairs.slices import DEAL_S, PAIR_S
from hotloop.gate.rule import decide_rows
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.limits import ALLOWANCE_S
from hotloop.gate.verdicts import Verdict
from scripts.simulations.rows import exit_code

RULE = Rule(0.01, 0.005, 0.015, 8)
SLOWDOWN = 0.01
LANES = 2
# Measured: docs/method.md, "Hundreds of benchmarks". A pair without its samples, and two copies.
FIXED_S = 0.09
COPIES_S = 0.012
LAYOUT_SD = 0.001
COPY_SD = 0.004
# Of a pair of 0.2 s with copies of 10 ms.
SDS = (0.0021, 0.0034, 0.005)
LENGTHS = ((0.2, 10e-3), (0.2, 20e-3), (0.12, 10e-3), (PAIR_S, DEAL_S), (0.08, 20e-3))
FEWEST_PAIRS = 7
SEED = 20261126


def table(rows: int) -> None:
    """Print the table, of so many rows a cell."""
    rng = np.random.default_rng(SEED)
    heads = " | ".join(f"+1 % found, sd {sd:.2%}" for sd in SDS)
    print(f"| samples, copies | a pair | {FEWEST_PAIRS} pairs in two lanes | {heads} |")
    print(f"| --- | --- | --- | {' | '.join('---' for _ in SDS)} |")
    for pair_s, deal_s in LENGTHS:
        lane_s = FIXED_S + pair_s + COPIES_S * pair_s / deal_s
        pairs = int(ALLOWANCE_S * LANES / lane_s)
        found = []
        for sd in SDS:
            of_pair = deviation(sd, pair_s, deal_s)
            walks = decide_rows.walk(RULE, rng.normal(SLOWDOWN, of_pair, (rows, pairs)))
            seen = np.mean(walks.are(Verdict.SLOWER))
            found.append(f"{seen:.0%} in {pairs} pairs of {of_pair:.2%}")
        cost = f"{FEWEST_PAIRS * lane_s / LANES:.2f} s"
        length = f"{pair_s * 1e3:.0f} ms, {deal_s * 1e3:.0f} ms"
        print(f"| {length} | {lane_s:.2f} s | {cost} | {' | '.join(found)} |")


def deviation(sd: float, pair_s: float, deal_s: float) -> float:
    """A pair's, if it is ``sd`` for 0.2 s of samples with copies of 10 ms."""
    of_samples = math.pow(sd, 2) - math.pow(LAYOUT_SD, 2) - math.pow(COPY_SD, 2) / 20
    copies = pair_s / deal_s
    variance = math.pow(LAYOUT_SD, 2) + math.pow(COPY_SD, 2) / copies + of_samples * 0.2 / pair_s
    return math.sqrt(variance)


def main(arguments: Sequence[str]) -> int:
    """Print the table; returns the exit code."""
    return exit_code("gate-pair-length", __doc__, 20_000, table, arguments)
