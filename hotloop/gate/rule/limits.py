"""How long a run of the gate may take pairs."""

import functools
import itertools
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hotloop.gate.rule.decide import Rule
from hotloop.gate.verdicts import DEFAULT_FALSE_ALARMS, Control, Verdict

# Without --budget a benchmark may take this long, or this many of its pairs if they are
# long: about what `asv continuous` takes (docs/gate-measured.md has both, side by side). What the
# same ones leave goes to those that may be slower. With 15 pairs, +1 % of a call of a second was
# seen in 79 % of runs of eight benchmarks, with 20 in 95 %.
ALLOWANCE_S = 4.0
ALLOWANCE_PAIRS = 20
# More of them in a suite of hundreds, so that every benchmark reaches its second test.
ALLOWANCE_LOOKS = 2
# What has a p-value of "slower" as small as this at its last test, before any correction, may have
# that many times the pairs that it has had when the usual time is up. Equal commits hardly ever
# have one, because the test is above the floor. Where everything became a little slower, none is
# the same early and leaves its time to the others: of +1 % of eight benchmarks, 79 % of what pairs
# of sd 0.12 to 0.5 % show was found in the usual time, and 91 % with overtime.
LOOKS_SLOWER = 0.01
OVERTIME = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """How long sampling may go on.

    ``budget_s``: seconds for all benchmarks together; None: the usual allowance times
    ``generosity``. ``pairs``: the most for each benchmark; None: any number.
    """

    budget_s: float | None = None
    generosity: float = 1.0
    pairs: int | None = None

    def __post_init__(self) -> None:
        if self.budget_s is not None and not 0 < self.budget_s < float("inf"):
            raise ValueError(f"the budget must be a number of seconds above 0, not {self.budget_s}")
        if not 0 < self.generosity < float("inf"):
            raise ValueError(f"a generosity of {self.generosity}")
        if self.pairs is not None and self.pairs < 1:
            raise ValueError(f"{self.pairs} pairs: at least 1 is needed")


def allowance_s(rule: Rule, pairs_s: NDArray[np.float64]) -> float:
    """Seconds for benchmarks of which a pair adds so many seconds to a run, without --budget.

    The same whether false alarms or false discoveries are limited: the looks of the latter come
    sooner, and what that saves finds more.
    """
    return float(np.maximum(ALLOWANCE_S, _allowance_pairs(rule) * pairs_s).sum())


@functools.lru_cache
def _allowance_pairs(rule: Rule) -> int:
    """Asked for after each pair."""
    if rule.control is Control.DISCOVERIES:
        rule = replace(rule, control=Control.ALARMS, false_alarms=DEFAULT_FALSE_ALARMS)
    *_, last = itertools.islice(rule.looks(Verdict.SLOWER), ALLOWANCE_LOOKS)
    return max(ALLOWANCE_PAIRS, last)
