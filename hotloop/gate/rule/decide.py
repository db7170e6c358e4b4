"""The sequential rule: the log ratios of one benchmark's pairs -> a judgement. Pure.

    pairs      1 ... 5 6 7 8 9 10 11 . 13 . 15 .. 17 .... 20 ... 23 .... 26 ...
    same?            # # # # #  #  #    #    #     #       #      #       #
    slower?                        #         #             #              #
    faster?                             #          #              #

One pair of processes gives one number, d = log(head/base). ``slower`` means that the
winsorised signed-rank test rejects "the centre of d is at most the floor" at one of the planned
looks; ``faster`` is its mirror image, with looks of its own: its smaller share takes more pairs to
reach, and a look that cannot reject would spend a part of it on nothing. On equal commits d is
symmetric about 0 (swap the processes and its sign changes), so the test is exact there whatever
the noise is, and a floor above 0 only makes it more cautious.

The false alarms of a whole run are bounded by the union bound, three times over:
between slower and faster (``SLOWER_SHARE``), between benchmarks (Bonferroni; Dunn 1961,
doi:10.1080/01621459.1961.10482090), and between looks with weights 1/(k(k+1)) =
1/k - 1/(k+1), which sum to 1 - 1/(k+1) over the first k and to 1 over infinitely many: an
error-spending function (Lan and DeMets 1983, Biometrika 70, 659-663,
doi:10.1093/biomet/70.3.659), spent without any claim about how looks depend on each other.
So the bound holds wherever sampling stops, for whatever reason. docs/gate-method.md compares the
cost of the union bound with simulated alternatives, and shows the false alarms if pairs are
not symmetric or not independent.
"""

import heapq
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from hotloop.gate.verdicts import Control, Verdict
from hotloop.stats import signed_rank, student
from hotloop.stats.interval import Interval
from hotloop.stats.student import Array

# The gate is asked about slowdowns; "faster" is a courtesy, so it gets the smaller share.
SLOWER_SHARE = 0.8
# Each look has this many times the pairs of the one before it: a closer grid would spend
# more of the false alarms on looks, a wider one would take more pairs than needed.
LOOK_GROWTH = 1.3
# "same" rejects a slowdown of the margin and a speed-up of the margin (two one-sided tests,
# Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657-680, doi:10.1007/BF01068419) at every look,
# by signs and ranks or by Student's interval, plain or trimmed: any of them will do. It spends none
# of the false alarms: its only risk is to miss a slowdown of the margin or more.
SAME_LEVEL = 0.01
STUDENT_LEVEL = 0.005
# "same" has to wait while the test of "slower" has a p-value as small as this. Between floor and
# margin both can be true, and "same" is tested sooner and at an easier level. Without this it
# would win where the pairs are quietest and the slowdown is plainest. Before the first look that
# could have said "slower", less may speak for it, and the less, the fewer the pairs are.
SAME_VETO = 0.30
EARLY_VETOES = ((7, 0.60), (math.inf, 0.40))
# Looks that can only end in "same", before the first that can end in "slower", which comes after
# 17 pairs and more in a large suite. Of five values all are on one side by chance in 1 of 32 cases.
# Of six, two can be left out.
EARLY_LOOKS = (5, 6, 7, 8, 9, 10, 12, 14)
FEWEST_FOR_SAME = EARLY_LOOKS[0]
FEWEST_FOR_TRIMMED = 6
Bounds = Callable[[Array, float], tuple[Array, Array]]
# Of the printed interval, for one benchmark by itself.
CONFIDENCE = 0.95
TAIL = (1.0 - CONFIDENCE) / 2
# ``detectable`` is what would have been seen 9 times in 10.
DETECTABLE_POWER = 0.90
# log(head/base) is limited to this: no ratio of times reaches e**50, but a benchmark may
# return 0 or infinity.
LARGEST_LOG_RATIO = 50.0


@dataclass(frozen=True, slots=True)
class Rule:
    """What counts as slower, and how often a run may say so wrongly.

    ``false_alarms`` bounds the chance that a run on equal commits flags anything at
    all, over its ``benchmarks`` together. Slowdowns up to ``floor`` are not flagged;
    ``margin`` is the slowdown that "same" rules out; both as fractions (0.005 is 0.5 %).
    ``control``: with DISCOVERIES, ``false_alarms`` bounds the false part of what is flagged;
    ``discoveries`` then adds to what the looks alone flag.
    Raises ValueError for values that make no rule.
    """

    false_alarms: float
    floor: float
    margin: float
    benchmarks: int
    control: Control = Control.ALARMS

    def __post_init__(self) -> None:
        if not 0 < self.false_alarms < 1:
            raise ValueError(f"false alarms must be between 0 and 1, not {self.false_alarms}")
        if not 0 <= self.floor < 1:
            raise ValueError(f"the floor must be between 0 and 1, not {self.floor}")
        if not self.floor < self.margin < math.inf:
            raise ValueError(f"the margin ({self.margin}) must exceed the floor ({self.floor})")
        if self.benchmarks < 1:
            raise ValueError(f"{self.benchmarks} benchmarks: at least 1 is needed")

    def level(self, look: int, claim: Verdict) -> float:
        """The p-value that flags one benchmark at its ``look``-th look (from 1)."""
        share = SLOWER_SHARE if claim is Verdict.SLOWER else 1.0 - SLOWER_SHARE
        return self.false_alarms * share / self.benchmarks * look_weight(look)

    def looks(self, claim: Verdict) -> Iterator[int]:
        """After how many pairs the test is made; the first time as soon as it could reject."""
        level = self.level(1, claim)
        pairs = signed_rank.fewest(level)
        while True:
            yield pairs
            pairs = math.ceil(pairs * LOOK_GROWTH)

    def look_after(self, pairs: int, claim: Verdict) -> int | None:
        """Which of the looks comes after so many pairs, from 1; None: none does."""
        number, look = next(each for each in enumerate(self.looks(claim), 1) if each[1] >= pairs)
        return number if look == pairs else None

    @property
    def first_look(self) -> int:
        """After how many pairs the first may be called slower."""
        return next(self.looks(Verdict.SLOWER))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the pairs of one benchmark say.

    ``ratio`` is head/base with its interval of ``CONFIDENCE``, as if the number of pairs had
    been fixed beforehand (docs/gate-method.md says what an early stop does to it). ``p_value`` is
    for the direction of the ratio, adjusted for benchmarks and looks: it is slower (or faster)
    if this is at most the rule's false alarms; 1 before the first look. ``pairs`` is how many
    were needed. ``detectable`` is the slowdown (0.026 is 2.6 %) that this many pairs would
    have flagged 9 times in 10; None if they could not flag any. ``sequential_p`` is adjusted for
    looks and directions only, and ``claim`` is what it is the p-value of.
    """

    verdict: Verdict
    ratio: float
    low: float
    high: float
    p_value: float
    pairs: int
    detectable: float | None
    sequential_p: float
    claim: Verdict


def look_weight(look: int) -> float:
    """The part of the false alarms that the ``look``-th look may spend."""
    return 1.0 / (look * (look + 1))


def judge(
    rule: Rule, log_ratios: Sequence[float], given_up_after: int | None = None
) -> Judgement | None:
    """Walk the looks in order; the first one that decides is the judgement.

    Later pairs are ignored, so that a stored run is judged again as it was. A benchmark that was
    given up after some pairs can only become the same with those that follow. None without
    pairs. Raises ValueError for NaN.
    """
    if not log_ratios:
        return None
    if any(map(math.isnan, log_ratios)):
        raise ValueError(f"log ratios must be numbers: {list(log_ratios)}")
    values = held(log_ratios)
    walk = Walk(rule)
    last_flag = math.inf if given_up_after is None else given_up_after
    for pairs in all_looks(rule):
        if pairs > len(values):
            break
        verdict = walk.look(values[:pairs], may_flag=pairs <= last_flag)
        if verdict is not None:
            return walk.conclude(verdict, values[:pairs])
    return walk.conclude(None, values)


def held(log_ratios: Sequence[float]) -> tuple[float, ...]:
    """Within ±LARGEST_LOG_RATIO, as they are judged and stored."""
    return tuple(max(-LARGEST_LOG_RATIO, min(LARGEST_LOG_RATIO, d)) for d in log_ratios)


def is_look(rule: Rule, pairs: int) -> bool:
    """Whether this number of pairs is a look: between looks nothing can be decided."""
    return pairs == next(look for look in all_looks(rule) if look >= pairs)


class Walk:
    """The looks made so far and the smallest adjusted p-values seen at them."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._slower_tests = 0
        self._p_value_slower = 1.0
        self._p_values = {Verdict.SLOWER: 1.0, Verdict.FASTER: 1.0}
        self._sequential = 1.0, Verdict.SLOWER

    def look(self, values: Sequence[float], may_flag: bool = True) -> Verdict | None:
        """What the next look finds; None: nothing yet. Each look has to be made, in order.

        Without ``may_flag`` it is not called slower or faster.
        """
        for claim in (Verdict.SLOWER, Verdict.FASTER) if may_flag else ():
            number = self._rule.look_after(len(values), claim)
            if number and self._test(claim, values, number) <= self._rule.false_alarms:
                return claim
        return Verdict.SAME if _is_same(values, self._rule) else None

    @property
    def sequential_p(self) -> float:
        """The smallest so far, adjusted for looks and directions, not for benchmarks."""
        return self._sequential[0]

    @property
    def p_value_slower(self) -> float:
        """Of the last test of "slower", not adjusted for anything; 1 before the first."""
        return self._p_value_slower

    def conclude(self, verdict: Verdict | None, values: Sequence[float]) -> Judgement:
        """The judgement: ``verdict`` of the last look, or what can be said if none decided."""
        interval = signed_rank.interval(values, CONFIDENCE)
        if verdict is None:
            # The end of the budget is the last chance to say "same"; it risks no false alarm.
            same = _is_same(values, self._rule)
            verdict = Verdict.SAME if same else Verdict.UNDECIDED
        upwards = interval.estimate >= 0 if verdict is not Verdict.FASTER else False
        low, high = interval.low, interval.high
        if verdict is Verdict.SAME and not _is_within_by_ranks(values, self._rule):
            # By what has called them the same.
            bounds = _within(values, self._rule)
            assert bounds is not None
            low, high = _of_one(bounds, values, TAIL)
            low, high = min(low, interval.estimate), max(high, interval.estimate)
        return Judgement(
            verdict=verdict,
            ratio=math.exp(interval.estimate),
            low=math.exp(low),
            high=math.exp(high),
            p_value=self._p_values[Verdict.SLOWER if upwards else Verdict.FASTER],
            pairs=len(values),
            detectable=self._detectable(interval),
            sequential_p=self._sequential[0],
            claim=self._sequential[1],
        )

    def _test(self, claim: Verdict, values: Sequence[float], number: int) -> float:
        floor = math.log1p(self._rule.floor)
        if claim is Verdict.SLOWER:
            self._slower_tests = number
            p_value = self._p_value_slower = signed_rank.p_value_above(values, floor)
        else:
            p_value = signed_rank.p_value_below(values, -floor)
        one = self._rule.level(number, claim) / self._rule.false_alarms
        adjusted = min(1.0, p_value / one)
        alone = min(1.0, p_value / (one * self._rule.benchmarks))
        if alone < self._sequential[0]:
            self._sequential = alone, claim
        self._p_values[claim] = min(self._p_values[claim], adjusted)
        return adjusted

    def _detectable(self, interval: Interval) -> float | None:
        """From the interval's width as if the noise were normal; see docs/gate-method.md."""
        if not self._slower_tests or interval.n < self._rule.first_look:
            return None
        normal = NormalDist()
        deviations = normal.inv_cdf((1.0 + interval.confidence) / 2)
        error = (interval.high - interval.low) / 2 / deviations
        level = self._rule.level(self._slower_tests, Verdict.SLOWER)
        needed = normal.inv_cdf(DETECTABLE_POWER) - normal.inv_cdf(level)
        return math.expm1(math.log1p(self._rule.floor) + needed * error)


def all_looks(rule: Rule) -> Iterator[int]:
    """After how many pairs anything can be decided: ``Rule.looks``, and earlier for "same"."""
    yield from (pairs for pairs in EARLY_LOOKS if pairs < rule.first_look)
    of_both = heapq.merge(rule.looks(Verdict.SLOWER), rule.looks(Verdict.FASTER))
    yield from (pairs for pairs, _ in itertools.groupby(of_both))


def same_veto(rule: Rule, pairs: int) -> float:
    """The p-value of "slower" up to which so many pairs may not be called the same."""
    if pairs >= rule.first_look:
        return SAME_VETO
    return next(veto for fewer_than, veto in EARLY_VETOES if pairs < fewer_than)


def _is_same(values: Sequence[float], rule: Rule) -> bool:
    if signed_rank.p_value_above(values, math.log1p(rule.floor)) <= same_veto(rule, len(values)):
        return False
    return _is_within_by_ranks(values, rule) or _within(values, rule) is not None


def _is_within_by_ranks(values: Sequence[float], rule: Rule) -> bool:
    margin = math.log1p(rule.margin)
    return (
        signed_rank.p_value_below(values, margin) <= SAME_LEVEL
        and signed_rank.p_value_above(values, -margin) <= SAME_LEVEL
    )


def intervals(pairs: int) -> tuple[Bounds, ...]:
    """Student's that may call so many pairs the same; signs and ranks need seven or more."""
    if pairs < FEWEST_FOR_SAME:
        return ()
    if pairs < FEWEST_FOR_TRIMMED:
        return (student.bounds,)
    return (student.bounds, student.trimmed_bounds)


def _within(values: Sequence[float], rule: Rule) -> Bounds | None:
    """The first of them that lies within the margin."""
    margin = math.log1p(rule.margin)
    for bounds in intervals(len(values)):
        low, high = _of_one(bounds, values, STUDENT_LEVEL)
        if -margin <= low and high <= margin:
            return bounds
    return None


def _of_one(bounds: Bounds, values: Sequence[float], level: float) -> tuple[float, float]:
    low, high = bounds(np.array([values]), level)
    return float(low[0]), float(high[0])
