"""How long a pair of the gate should be: what each length finds in the usual time, and its cost.

  .venv/bin/python scripts/gate-pair-length 100000

Prints the Markdown table of docs/gate-measured.md. The noise of a pair is modelled as normal, with
a part of every pair (the layout), a part of every copy (its memory pages) and a part of the
samples, so that it has the given standard deviation at 0.2 s of samples with copies of 10 ms. A row
of the simulation is one benchmark of eight, equal or 1 % slower, with the gate's own rule and two
lanes.
"""

import math
from collections.abc import Sequence

import numpy as np

from hotloop.gate.pairs.precision import AT_FIRST, FIRST_PAIRS
from hotloop.gate.pairs.slices import DEAL_S, PAIR_S
from hotloop.gate.rule import decide_rows
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.limits import ALLOWANCE_S
from hotloop.gate.verdicts import Verdict
from scripts.simulations.rows import exit_code

RULE = Rule(0.01, 0.005, 0.015, 8)
SLOWDOWN = 0.01
LANES = 2
# Measured: docs/gate-measured.md, "Hundreds of benchmarks". A pair without its samples, and two
# copies.
FIXED_S = 0.09
COPIES_S = 0.012
LAYOUT_SD = 0.001
COPY_SD = 0.004
# A quiet first pair ends after its first copies.
FIRST_PAIR_S = AT_FIRST.copies * DEAL_S
# Of a pair of 0.2 s with copies of 10 ms.
SDS = (0.0021, 0.0034, 0.005)
# Of samples in the first pairs, in all later ones, and of a copy.
LENGTHS = (
    (0.2, 0.2, 10e-3),
    (0.2, 0.2, 20e-3),
    (0.12, 0.12, 10e-3),
    (PAIR_S, PAIR_S, DEAL_S),
    (FIRST_PAIR_S, PAIR_S, DEAL_S),
    (0.08, 0.08, 20e-3),
)
SEED = 20261126


def table(rows: int) -> None:
    """Print the table, of so many rows a cell."""
    rng = np.random.default_rng(SEED)
    heads = " | ".join(f"sd {sd:.2%}: the same after, +1 % found" for sd in SDS)
    print(f"| samples: first pairs, later ones, copies | a first pair, a later one | {heads} |")
    print(f"| --- | --- | {' | '.join('---' for _ in SDS)} |")
    for first_s, pair_s, deal_s in LENGTHS:
        length = f"{first_s * 1e3:.0f} ms, {pair_s * 1e3:.0f} ms, {deal_s * 1e3:.0f} ms"
        seconds = " s, ".join(f"{lane_seconds(each, deal_s):.2f}" for each in (first_s, pair_s))
        found = []
        for sd in SDS:
            # Where samples scatter too much for a first pair, it is as long as any.
            ends_early = own_deviation(sd, first_s, deal_s) <= AT_FIRST.error
            begins_s = first_s if ends_early else pair_s
            lane_s = [lane_seconds(begins_s, deal_s)] * FIRST_PAIRS
            while sum(lane_s) < ALLOWANCE_S * LANES:
                lane_s.append(lane_seconds(pair_s, deal_s))
            until_s = np.cumsum(lane_s[:-1]) / LANES
            deviations = np.full(len(until_s), deviation(sd, pair_s, deal_s))
            deviations[:FIRST_PAIRS] = deviation(sd, begins_s, deal_s)
            noise = rng.normal(0.0, deviations, (rows, len(until_s)))
            same = decide_rows.walk(RULE, noise)
            same_s = np.mean(until_s[np.minimum(same.pairs, len(until_s)) - 1])
            seen = np.mean(decide_rows.walk(RULE, noise + SLOWDOWN).are(Verdict.SLOWER))
            found.append(f"{same_s:.2f} s, {seen:.0%} in {len(until_s)} pairs")
        print(f"| {length} | {seconds} s | {' | '.join(found)} |", flush=True)


def lane_seconds(pair_s: float, deal_s: float) -> float:
    """What a pair with so much of samples takes, in its lane."""
    return FIXED_S + pair_s + COPIES_S * pair_s / deal_s


def deviation(sd: float, pair_s: float, deal_s: float) -> float:
    """A pair's, if it is ``sd`` for 0.2 s of samples with copies of 10 ms."""
    return math.hypot(LAYOUT_SD, own_deviation(sd, pair_s, deal_s))


def own_deviation(sd: float, pair_s: float, deal_s: float) -> float:
    """What of it a pair's own samples can tell: all but the layout."""
    of_samples = math.pow(sd, 2) - math.pow(LAYOUT_SD, 2) - math.pow(COPY_SD, 2) / 20
    return math.sqrt(math.pow(COPY_SD, 2) * deal_s / pair_s + of_samples * 0.2 / pair_s)


def main(arguments: Sequence[str]) -> int:
    """Print the table; returns the exit code."""
    return exit_code("gate-pair-length", __doc__, 20_000, table, arguments)
