"""Compare the gate's rule with rules it could have been, on noise whose truth is known.

  .venv/bin/python scripts/gate-rule-alternatives 100000

Prints the Markdown table of docs/gate-method.md. A row is one benchmark of eight, in a run that may
flag anything 1 time in 100; it is given up to 34 pairs. Every rule asks whether the log ratios
exceed the floor; "found" is the part of benchmarks with a true slowdown of 2 % that it flags,
"pairs" how many that takes on average, "false alarms" the part of runs (of eight) on equal
commits that flag anything, without a floor.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hotloop.gate.rule import decide
from hotloop.gate.rule.decide import Rule
from hotloop.gate.verdicts import Verdict
from hotloop.stats import signed_rank
from scripts.simulations.rows import exit_code

Rows = NDArray[np.float64]
# Gives for each row after how many pairs it is flagged; infinity: never.
Decide = Callable[[Rows, float], Rows]

RULE = Rule(false_alarms=0.01, floor=0.005, margin=0.015, benchmarks=8)
MOST_PAIRS = 34
LOOKS = [n for n in (*decide.EARLY_LOOKS, 11, 15, 20, 26, 34) if n >= RULE.first_look]
LEVELS = [RULE.level(k, Verdict.SLOWER) for k in range(1, len(LOOKS) + 1)]
# All that a rule with a single look, or with no planned looks at all, may spend.
WHOLE_LEVEL = RULE.false_alarms * decide.SLOWER_SHARE / RULE.benchmarks
# The deviation of the mixture's prior, in units of the noise: tuned for effects of 1 to 3.
PRIOR = 2.0
# Beyond so many times the median size so far a value counts as this.
CLIP = 3.0


def at_looks(p_value: Callable[[Rows], Rows], looks: list[int], levels: list[float]) -> Decide:
    """Flag a row at the first look whose p-value is within its level."""

    def flag(rows: Rows, floor: float) -> Rows:
        flagged = np.full(len(rows), np.inf)
        for n, level in zip(looks, levels, strict=True):
            hit = np.isinf(flagged) & (p_value(rows[:, :n] - floor) <= level)
            flagged[hit] = n
        return flagged

    return flag


def ranked(winsorised: float) -> Callable[[Rows], Rows]:
    """The signed-rank test of rows without ties."""

    def p_value(distances: Rows) -> Rows:
        n = distances.shape[1]
        order = np.argsort(np.abs(distances), axis=1)
        positive = np.take_along_axis(distances, order, axis=1) > 0
        largest = 2 * max(1, math.ceil((1 - winsorised) * n))
        scores = np.minimum(2 * np.arange(1, n + 1), largest)
        tails = signed_rank._upper_tail(tuple(scores.tolist()))
        found: Rows = tails[(positive * scores).sum(axis=1)]
        return found

    return p_value


def t_test(distances: Rows) -> Rows:
    """Student's."""
    found: Rows = stats.ttest_1samp(distances, 0.0, axis=1, alternative="greater").pvalue
    return found


def trimmed_t_test(distances: Rows) -> Rows:
    """Yuen 1974: a fifth trimmed on each side, its error from the winsorised values."""
    n = distances.shape[1]
    cut = int(0.2 * n)
    ordered = np.sort(distances, axis=1)
    kept = ordered[:, cut : n - cut]
    winsorised = np.clip(ordered, ordered[:, [cut]], ordered[:, [n - 1 - cut]])
    error = winsorised.std(axis=1, ddof=1) / ((1 - 2 * cut / n) * math.sqrt(n))
    found: Rows = stats.t.sf(kept.mean(axis=1) / error, n - 2 * cut - 1)
    return found


def anytime(rows: Rows, floor: float) -> Rows:
    """A mixture of self-normalised supermartingales for symmetric values, looked at always.

    De la Pena 1999, doi:10.1214/aop/1022677271; the scale of a value is known before it.
    """
    distances = rows - floor
    flagged = np.full(len(rows), np.inf)
    total, squares = np.zeros(len(rows)), np.zeros(len(rows))
    for n in range(2, MOST_PAIRS + 1):
        scale = np.median(np.abs(distances[:, : n - 1]), axis=1) / 0.6745
        value = np.clip(distances[:, n - 1] / scale, -CLIP, CLIP)
        total, squares = total + value, squares + value**2
        spread = 1 + PRIOR**2 * squares
        log_wealth = PRIOR**2 * total**2 / (2 * spread) - np.log(spread) / 2 + math.log(2)
        hit = np.isinf(flagged) & (total > 0) & (log_wealth >= -math.log(WHOLE_LEVEL))
        flagged[hit] = n
    return flagged


RULES: dict[str, Decide] = {
    "winsorised signed ranks, planned looks (the gate's)": at_looks(ranked(0.5), LOOKS, LEVELS),
    "Wilcoxon's signed ranks, planned looks": at_looks(ranked(0.0), LOOKS, LEVELS),
    "sign test, planned looks": at_looks(ranked(0.99), LOOKS, LEVELS),
    "t-test, planned looks": at_looks(t_test, LOOKS, LEVELS),
    "trimmed t-test (Yuen), planned looks": at_looks(trimmed_t_test, LOOKS, LEVELS),
    "winsorised signed ranks, one look at 20 pairs": at_looks(ranked(0.5), [20], [WHOLE_LEVEL]),
    "anytime-valid mixture, a look at every pair": anytime,
}


def normal(rng: np.random.Generator, rows: int) -> Rows:
    """As well-behaved as noise gets."""
    return rng.normal(0.0, 0.006, (rows, MOST_PAIRS))


def one_wild_in_ten(rng: np.random.Generator, rows: int) -> Rows:
    """What pairs of processes look like: mostly alike, now and then 3 % off."""
    wild = rng.random((rows, MOST_PAIRS)) < 0.1
    return np.where(wild, rng.normal(0, 0.03, wild.shape), rng.normal(0, 0.004, wild.shape))


def two_modes(rng: np.random.Generator, rows: int) -> Rows:
    """Each process of a pair has one of two layouts, 3 % apart: rare, and the same in effect."""
    base, head = np.where(rng.random((2, rows, MOST_PAIRS)) < 0.1, 0.03, 0.0)
    noise = rng.normal(0, 0.002, (rows, MOST_PAIRS))
    return np.asarray(head - base + noise)


NOISES = {"normal, 0.6 %": normal, "one in ten wild": one_wild_in_ten, "two modes": two_modes}


def table(rows: int) -> None:
    """Print the table, of so many rows a cell."""
    names = list(NOISES)
    print("| rule | " + " | ".join(f"{n}: found, pairs, false alarms" for n in names) + " |")
    print("| --- |" + " --- |" * len(names))
    for name, decide_rows in RULES.items():
        cells = []
        for draw in NOISES.values():
            rng = np.random.default_rng(20261122)
            equal = draw(rng, rows)
            # Both directions would flag: the mirror image has the rule's other share.
            alarms = np.isfinite(decide_rows(equal, 0.0)).mean()
            run_alarms = 1 - (1 - alarms) ** RULE.benchmarks
            found = decide_rows(equal + math.log(1.02), math.log1p(RULE.floor))
            taken = np.minimum(found, MOST_PAIRS).mean()
            cells.append(
                f"{np.isfinite(found).mean():.1%}, {taken:.1f}, {run_alarms:.2%}".replace("%", " %")
            )
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Print the table; returns the exit code."""
    return exit_code("gate-rule-alternatives", __doc__, 100_000, table, arguments)
