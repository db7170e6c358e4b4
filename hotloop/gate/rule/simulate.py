"""How often the gate would be wrong: thousands of runs, resampled from recorded noise.

A simulated run draws the pairs of every benchmark, with replacement, from its recorded
pairs. Each is moved a little (a smoothed bootstrap: ``kernel_width``), so that thirty pairs
are not only thirty possible values. A slowdown is made by adding its logarithm. The rule is
the gate's own (``decide_rows``), and so is the order: one pair a wave for every undecided
benchmark, until all are decided or the budget is spent. A wave that the budget does not
cover is not counted, though a real run would begin it. Lanes are not simulated: a pair
costs what it adds to a run that measures several at once. Nor is anything given up
(``prospects``), and there is no overtime: a real run has more time for those that may be slower, so
power comes out a little too low where time is short. ``scripts/gate-error-rates`` simulates whole
campaigns instead.

Equal commits are simulated twice. ``Sides.AS_RECORDED`` keeps the pairs as they are, so
that a bias of the measurement shows as false alarms. But the offset that a few pairs have
by chance also shows, as soon as a run takes more pairs than were recorded.
``Sides.SWAPPED`` swaps base and head of each drawn pair by a fair coin, which is what equal
code means; what it flags is due to the rule alone. The truth is between the two.

Power is for the usual question: one benchmark became slower, all others did not. It is
drawn with the sides swapped, so that an offset neither helps nor hides a slowdown.

Efron 1979, "Bootstrap methods: another look at the jackknife",
doi:10.1214/aos/1176344552; Silverman and Young 1987, "The bootstrap: to smooth or not to
smooth?", doi:10.1093/biomet/74.3.469.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from hotloop.gate.rule import decide_rows
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.decide_rows import Flags, Walks
from hotloop.gate.verdicts import Verdict
from hotloop.stats.proportion import Proportion, proportion
from hotloop.stats.signed_rank_rows import Counts, Rows

SLOWDOWNS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.10)
# The chances for which a benchmark's smallest visible slowdown is given.
POWERS = (0.90, 0.99)
# A run may give more pairs, but if these do not decide, hardly more will; power is understated.
# Ten times the usual allowance is 150 to 300 pairs.
MOST_PAIRS = 300
# False alarms are rare and take many runs to see; a fifth of the runs gives power to 1 %.
RUNS_PER_POWER_RUN = 5
# Of the search for the smallest slowdown: noise allows a tenth of a per cent, no finer.
DETECTABLE_STEP = 0.001
FEWEST_FOR_SPREAD = 2
LARGEST_DETECTABLE = 1.0
# Silverman 1986, "Density estimation for statistics and data analysis", section 3.4.2,
# equation 3.31: good for normal noise, and not misled by a few wild pairs.
KERNEL_FACTOR = 0.9
IQR_OF_NORMAL = 1.34

Generator = np.random.Generator


class Sides(Enum):
    """Which process of a recorded pair is base in a simulated run."""

    AS_RECORDED = "as recorded"
    SWAPPED = "swapped by a fair coin"


@dataclass(frozen=True, slots=True)
class Noise:
    """What was recorded for one benchmark on equal commits.

    ``log_ratios`` are log(head/base) of its pairs, finite; ``pair_s`` is what one pair adds
    to the time of a run, in seconds (half of its own if two are measured at once).
    Raises ValueError without pairs or time.
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
    ``undecided`` how often it was undecided, both as recorded. ``power`` has one share for
    each of ``SLOWDOWNS``: how often it was called slower. ``detectable`` is the smallest
    slowdown (0.026 is 2.6 %) seen with each chance of ``POWERS``; None if above 100 %.
    """

    false_alarms: Proportion
    undecided: Proportion
    power: tuple[Proportion, ...]
    detectable: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """All benchmarks together, and each of them in the order they were given.

    ``false_alarms`` is how often a run on equal commits flagged anything, and
    ``false_slower`` how often it called anything slower, both as recorded;
    ``swapped_false_alarms`` is the former with the sides swapped. ``seconds`` is the median
    time of such a run, without its builds.
    """

    false_alarms: Proportion
    false_slower: Proportion
    swapped_false_alarms: Proportion
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
    draws = [_Draws(noise, budget_s, int(rng.integers(2**63))) for noise in noises]
    recorded = _equal_runs(draws, rule, budget_s, runs, Sides.AS_RECORDED)
    swapped = _equal_runs(draws, rule, budget_s, runs, Sides.SWAPPED)
    return Simulation(
        false_alarms=_share(np.any(recorded.flagged(), axis=0)),
        false_slower=_share(np.any(recorded.called(Verdict.SLOWER), axis=0)),
        swapped_false_alarms=_share(np.any(swapped.flagged(), axis=0)),
        seconds=float(np.median(np.minimum(recorded.spent_s[-1], budget_s))),
        benchmarks=tuple(
            _rates(place, each, rule, budget_s, recorded, swapped)
            for place, each in enumerate(draws)
        ),
    )


def kernel_width(log_ratios: Sequence[float]) -> float:
    """The standard deviation of the normal noise that is added to each drawn pair.

    0 if half of the pairs or more are alike: a size in bytes has no values between.
    """
    if len(log_ratios) < FEWEST_FOR_SPREAD:
        return 0.0
    lower, upper = np.quantile(log_ratios, (0.25, 0.75))
    spread = min(float(np.std(log_ratios, ddof=1)), float(upper - lower) / IQR_OF_NORMAL)
    return KERNEL_FACTOR * spread / math.pow(len(log_ratios), 0.2)


@dataclass(frozen=True, slots=True)
class _Draws:
    """The pairs of one benchmark in every run: created on request, always the same ones.

    All of them at once would be gigabytes for a suite of a hundred.
    """

    noise: Noise
    budget_s: float
    seed: int

    def rows(self, runs: int, sides: Sides) -> Rows:
        """(runs, pairs) log ratios, as many pairs as the budget could ever allow."""
        pairs = min(MOST_PAIRS, max(1, int(self.budget_s / self.noise.pair_s)))
        rng = np.random.default_rng(self.seed)
        values = np.array(self.noise.log_ratios)
        rows: Rows = rng.choice(values, size=(runs, pairs))
        rows += rng.normal(0.0, kernel_width(self.noise.log_ratios), rows.shape)
        if sides is Sides.SWAPPED:
            rows *= rng.choice((-1.0, 1.0), size=rows.shape)
        return rows


@dataclass(frozen=True, slots=True)
class _EqualRuns:
    """Runs on equal commits: each benchmark's walk, and how far the budget lets it go.

    ``spent_s`` is (MOST_PAIRS, runs): seconds spent after each wave; ``waves`` (runs,) how
    many of them the budget covers.
    """

    walks: Sequence[Walks]
    spent_s: Rows
    waves: Counts
    sides: Sides

    def kept(self) -> Flags:
        """(benchmarks, runs): whether it was decided before the budget was spent."""
        flags: Flags = np.array([walk.pairs <= self.waves for walk in self.walks])
        return flags

    def called(self, verdict: Verdict) -> Flags:
        """(benchmarks, runs): whether it was given this verdict at a look."""
        flags: Flags = self.kept() & np.array([walk.are(verdict) for walk in self.walks])
        return flags

    def flagged(self) -> Flags:
        """(benchmarks, runs): whether it was called slower or faster."""
        return self.called(Verdict.SLOWER) | self.called(Verdict.FASTER)


def _equal_runs(
    draws: Sequence[_Draws], rule: Rule, budget_s: float, runs: int, sides: Sides
) -> _EqualRuns:
    walks = [decide_rows.walk(rule, each.rows(runs, sides)) for each in draws]
    spent_s = _spent_s(walks, [each.noise.pair_s for each in draws])
    waves: Counts = np.count_nonzero(spent_s <= budget_s, axis=0)
    return _EqualRuns(walks, spent_s, waves, sides)


def _rates(
    place: int,
    draws: _Draws,
    rule: Rule,
    budget_s: float,
    recorded: _EqualRuns,
    swapped: _EqualRuns,
) -> Rates:
    """The rates of the benchmark at index ``place``."""
    runs = len(recorded.waves)
    equal = swapped.walks[place]
    power = _Power(
        rule,
        draws.rows(runs // RUNS_PER_POWER_RUN, Sides.SWAPPED),
        _affordable(swapped.spent_s, equal, draws.noise.pair_s, budget_s),
    )
    rows = draws.rows(runs, recorded.sides)
    return Rates(
        false_alarms=_share(recorded.flagged()[place]),
        undecided=_share(_ends_undecided(rule, rows, ~recorded.kept()[place], recorded.waves)),
        power=tuple(_share(power.seen(slowdown)) for slowdown in SLOWDOWNS),
        detectable=power.detectable(POWERS),
    )


@dataclass(frozen=True, slots=True)
class _Power:
    """Runs in which one benchmark is slower and the others are as on equal commits.

    ``draws`` is (runs, pairs); ``most`` (runs or more,) is how many pairs the budget allows it
    while it is undecided.
    """

    rule: Rule
    draws: Rows
    most: Counts

    def seen(self, slowdown: float) -> Flags:
        """In which runs it is called slower."""
        rows = self.draws + math.log1p(slowdown)
        return decide_rows.walk(self.rule, rows, self.most).are(Verdict.SLOWER)

    def detectable(self, powers: Sequence[float]) -> tuple[float | None, ...]:
        """The smallest slowdown seen with each chance, to a step; None if it is too large."""

        # The searches begin with the same slowdowns.
        @functools.cache
        def chance(steps: int) -> float:
            return float(self.seen(steps * DETECTABLE_STEP).mean())

        def smallest(power: float) -> float | None:
            low, high = 0, round(LARGEST_DETECTABLE / DETECTABLE_STEP)
            if chance(high) < power:
                return None
            while high - low > 1:
                middle = (low + high) // 2
                if chance(middle) < power:
                    low = middle
                else:
                    high = middle
            return round(high * DETECTABLE_STEP, 3)

        return tuple(map(smallest, powers))


def _spent_s(walks: Sequence[Walks], costs: Sequence[float]) -> Rows:
    """(MOST_PAIRS, runs): seconds spent after each wave, every undecided benchmark in each."""
    waves = np.arange(1, MOST_PAIRS + 1)[:, None]
    spent_s = np.zeros((MOST_PAIRS, len(walks[0].pairs)))
    for walk, cost in zip(walks, costs, strict=True):
        spent_s += cost * np.minimum(waves, walk.pairs)
    return spent_s


def _affordable(spent_s: Rows, equal: Walks, pair_s: float, budget_s: float) -> Counts:
    """(runs,) waves that the budget covers if this benchmark is undecided in all of them."""
    waves = np.arange(1, MOST_PAIRS + 1)[:, None]
    spared_s = pair_s * (waves - np.minimum(waves, equal.pairs))
    affordable: Counts = np.count_nonzero(spent_s + spared_s <= budget_s, axis=0)
    return affordable


def _ends_undecided(rule: Rule, draws: Rows, is_open: Flags, waves: Counts) -> Flags:
    """Which of the open runs are not called the same at the end either."""
    undecided = is_open.copy()
    for pairs in np.unique(waves[is_open]):
        stopped = np.flatnonzero(is_open & (waves == pairs))
        if pairs:
            undecided[stopped] = ~decide_rows.end_as_same(rule, draws[stopped, :pairs])
    return undecided


def _share(flags: Flags) -> Proportion:
    return proportion(int(np.count_nonzero(flags)), len(flags))
