"""How often the gate would be wrong, from noise that was recorded: thousands of runs, resampled.

A simulated run draws the pairs of every benchmark with replacement from the pairs that
were recorded of it, as they are: neither centred nor made symmetric, so that a bias of
the measurement shows as false alarms. A slowdown is made by adding its logarithm. The
rule is the gate's own (``decide_rows``), and so is the way of a campaign: one pair a wave
for every undecided benchmark, until all are decided or the budget is spent. A wave that
the budget does not cover is not counted, though a real run would begin it.

Power is that of the usual question: one benchmark became slower, all others did not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hotloop.gate import decide_rows
from hotloop.gate.decide import Rule, Verdict
from hotloop.gate.decide_rows import NEVER, Flags, Walks
from hotloop.stats.proportion import Proportion, proportion
from hotloop.stats.signed_rank_rows import Counts, Rows

SLOWDOWNS = (0.01, 0.02, 0.03, 0.05, 0.10)
# The chances at which a benchmark's smallest visible slowdown is given.
POWERS = (0.90, 0.99)
# A run may give more pairs; these decide or nothing will, and power is only understated.
MOST_PAIRS = 120
# False alarms are rare and take many runs to see; power is known to 1 % from a fifth of them.
RUNS_PER_POWER_RUN = 5
# The search for the smallest slowdown: a tenth of a per cent is as fine as noise allows.
DETECTABLE_STEP = 0.001
LARGEST_DETECTABLE = 1.0

Generator = np.random.Generator


@dataclass(frozen=True, slots=True)
class Noise:
    """What was recorded of one benchmark on equal commits.

    ``log_ratios`` are log(head/base) of its pairs, finite; ``pair_s`` what one pair adds
    to the time of a run, in seconds. Raises ValueError without pairs or time.
    """

    log_ratios: tuple[float, ...]
    pair_s: float

    def __post_init__(self) -> None:
        if not self.log_ratios or not all(map(math.isfinite, self.log_ratios)):
            raise ValueError(f"pairs must be there and finite: {self.log_ratios}")
        if not 0 < self.pair_s < math.inf:
            raise ValueError(f"a pair of {self.pair_s} s")


@dataclass(frozen=True, slots=True)
class Rates:
    """One benchmark in simulated runs.

    ``false_alarms`` is how often it was flagged, slower or faster, on equal commits, and
    ``undecided`` how often nothing could be said of it. ``power`` has one share for each
    of ``SLOWDOWNS``: how often it was called slower. ``detectable`` is the smallest
    slowdown (0.026 is 2.6 %) seen with each chance of ``POWERS``, None beyond 100 %.
    """

    false_alarms: Proportion
    undecided: Proportion
    power: tuple[Proportion, ...]
    detectable: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """All benchmarks together, and each of them in the order they were given.

    ``false_alarms`` is how often a run on equal commits flagged anything, and
    ``false_slower`` how often it called anything slower. ``seconds`` is how long such a
    run takes without its builds, the median.
    """

    false_alarms: Proportion
    false_slower: Proportion
    seconds: float
    benchmarks: tuple[Rates, ...]


def simulate(
    noises: Sequence[Noise], rule: Rule, budget_s: float, runs: int, rng: Generator
) -> Simulation:
    """Simulate ``runs`` on equal commits, and a fifth of them for each slowdown.

    Raises ValueError without benchmarks, runs or budget.
    """
    if not noises or runs < RUNS_PER_POWER_RUN or not budget_s > 0:
        raise ValueError(f"{len(noises)} benchmarks, {runs} runs, a budget of {budget_s} s")
    draws = [_draw(noise, budget_s, runs, rng) for noise in noises]
    costs = [noise.pair_s for noise in noises]
    walks = _walk_together(rule, draws, costs, budget_s)
    spent_s = _spent_s(walks, costs)
    waves = np.count_nonzero(spent_s <= budget_s, axis=0)
    kept = [walk.pairs <= waves for walk in walks]
    slower = [k & walk.are(Verdict.SLOWER) for k, walk in zip(kept, walks, strict=True)]
    flagged = [
        s | (k & walk.are(Verdict.FASTER)) for s, k, walk in zip(slower, kept, walks, strict=True)
    ]
    places = range(len(noises))
    ends = [_ends_undecided(rule, draws[b], ~kept[b], waves) for b in places]
    power_runs = runs // RUNS_PER_POWER_RUN
    powers = [
        _Power(rule, draws[b][:power_runs], _affordable(spent_s, walks[b], costs[b], budget_s))
        for b in places
    ]
    return Simulation(
        false_alarms=_share(np.any(flagged, axis=0)),
        false_slower=_share(np.any(slower, axis=0)),
        seconds=float(np.median(np.minimum(spent_s[-1], budget_s))),
        benchmarks=tuple(
            Rates(
                false_alarms=_share(flagged[b]),
                undecided=_share(ends[b]),
                power=tuple(_share(powers[b].seen(slowdown)) for slowdown in SLOWDOWNS),
                detectable=tuple(powers[b].detectable(power) for power in POWERS),
            )
            for b in places
        ),
    )


@dataclass(frozen=True, slots=True)
class _Power:
    """Runs in which one benchmark is slower and the others are as on equal commits.

    ``draws`` is (runs, pairs); ``most`` (runs or more,) how many pairs the budget leaves it
    as long as it is undecided.
    """

    rule: Rule
    draws: Rows
    most: Counts

    def seen(self, slowdown: float) -> Flags:
        """In which runs it is called slower."""
        rows = self.draws + math.log1p(slowdown)
        return decide_rows.walk(self.rule, rows, self.most).are(Verdict.SLOWER)

    def detectable(self, power: float) -> float | None:
        """The smallest slowdown seen with this chance, to a step; None if it is too large."""
        low, high = 0, round(LARGEST_DETECTABLE / DETECTABLE_STEP)
        if self.seen(high * DETECTABLE_STEP).mean() < power:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            if self.seen(middle * DETECTABLE_STEP).mean() < power:
                low = middle
            else:
                high = middle
        return round(high * DETECTABLE_STEP, 3)


def _draw(noise: Noise, budget_s: float, runs: int, rng: Generator) -> Rows:
    """(runs, pairs) log ratios, as many pairs as the budget could ever give it."""
    pairs = min(MOST_PAIRS, max(1, int(budget_s / noise.pair_s)))
    return rng.choice(np.array(noise.log_ratios), size=(runs, pairs))


def _walk_together(
    rule: Rule, draws: Sequence[Rows], costs: Sequence[float], budget_s: float
) -> list[Walks]:
    """The walks of all benchmarks side by side, each run as far as its budget goes."""
    runs = len(draws[0])
    walks = [
        Walks(np.full(runs, NEVER, dtype=np.int64), np.full(runs, -1, dtype=np.int64))
        for _ in draws
    ]
    goes_on = np.ones(runs, dtype=np.bool_)
    for pairs in decide_rows.looks(rule, MOST_PAIRS):
        spent_s = np.zeros(runs)
        for walk, rows, cost in zip(walks, draws, costs, strict=True):
            is_open = np.flatnonzero(goes_on & (walk.pairs == NEVER))
            if is_open.size and pairs <= rows.shape[1]:
                found = decide_rows.look(rule, rows[is_open, :pairs])
                decided = is_open[found >= 0]
                walk.pairs[decided] = pairs
                walk.verdicts[decided] = found[found >= 0]
            spent_s += cost * np.minimum(pairs, walk.pairs)
        goes_on &= spent_s <= budget_s
    return walks


def _spent_s(walks: Sequence[Walks], costs: Sequence[float]) -> Rows:
    """(MOST_PAIRS, runs): seconds spent after each wave, every undecided benchmark in each."""
    waves = np.arange(1, MOST_PAIRS + 1)[:, None]
    spent_s = np.zeros((MOST_PAIRS, len(walks[0].pairs)))
    for walk, cost in zip(walks, costs, strict=True):
        spent_s += cost * np.minimum(waves, walk.pairs)
    return spent_s


def _affordable(spent_s: Rows, equal: Walks, pair_s: float, budget_s: float) -> Counts:
    """(runs,) waves that the budget has, were this benchmark undecided in all of them."""
    waves = np.arange(1, MOST_PAIRS + 1)[:, None]
    spared_s = pair_s * (waves - np.minimum(waves, equal.pairs))
    affordable: Counts = np.count_nonzero(spent_s + spared_s <= budget_s, axis=0)
    return affordable


def _ends_undecided(rule: Rule, draws: Rows, is_open: Flags, waves: Counts) -> Flags:
    """Which of the open runs are not called the same either with the pairs they got."""
    undecided = is_open.copy()
    for pairs in np.unique(waves[is_open]):
        stopped = np.flatnonzero(is_open & (waves == pairs))
        if pairs:
            undecided[stopped] = ~decide_rows.end_as_same(rule, draws[stopped, :pairs])
    return undecided


def _share(flags: Flags) -> Proportion:
    return proportion(int(np.count_nonzero(flags)), len(flags))
