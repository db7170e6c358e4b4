"""The right answer to a problem, and which variants differ from it.

The right answer is the reference's. If the reference would take longer than the whole
run should, the fastest plain variant (registry.STAND_INS) that equals it on a smaller
grid of the same window takes its place, and the result says so.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from implementations import registry
from implementations.check import Difference, compare
from implementations.problems import Problem
from implementations.workload import prepare

# The reference is tried on larger and larger grids until it takes this long...
TRIAL_S = 0.1
# ...or the grid has this many points, which is enough to see the whole window.
TRIAL_PIXELS = 4096
# A stand-in is compared with the reference on as many points as this takes.
STAND_IN_CHECK_S = 1.0

Heights = NDArray[np.int64]


def is_exact(name: str) -> bool:
    """Whether its answer must be the right one; ``floats@pypy3`` promises what ``floats`` does."""
    return registry.get(name.partition("@")[0]).exact


def estimate_reference_s(problem: Problem) -> float:
    """Seconds that one call of the reference will take, from calls on scaled-down grids."""
    pixels = 4
    while True:
        trial = problem.scaled(pixels)
        workload = prepare(registry.REFERENCE, trial)
        start = time.perf_counter()
        workload.call()
        took_s = time.perf_counter() - start
        if took_s > TRIAL_S or trial.pixels == problem.pixels or pixels >= TRIAL_PIXELS:
            return took_s * problem.pixels / trial.pixels
        pixels *= 4


@dataclass(frozen=True, slots=True)
class Arbiter:
    """The variant with the right answer: ``name``, equal to the reference on ``compared_on``."""

    name: str
    compared_on: Problem | None = None


def choose_arbiter(problem: Problem, reference_s: float, limit_s: float) -> Arbiter:
    """The reference or, if it would take longer than ``limit_s``, a variant proved equal to it.

    Still the reference if no other variant can run here or equals it.
    """
    if reference_s <= limit_s:
        return Arbiter(registry.REFERENCE)
    small = problem.scaled(max(1, int(problem.pixels * STAND_IN_CHECK_S / reference_s)))
    expected = prepare(registry.REFERENCE, small).call()
    for name in registry.STAND_INS:
        try:
            answer = prepare(name, small).call()
        except Exception:
            # It cannot run here, or not on this problem; its own row will say so.
            continue
        if compare(expected, answer).equal:
            return Arbiter(name, small)
    return Arbiter(registry.REFERENCE)


@dataclass(slots=True)
class Checker:
    """Compares answers with the right one, and keeps what it found.

    ``answer`` is the right one, (width, height) int64: the arbiter's own first answer if it
    is among those compared, otherwise computed here.
    """

    problem: Problem
    arbiter: Arbiter
    answer: Heights | None = None
    differences: dict[str, Difference] = field(default_factory=dict)

    def judge(self, answers: Mapping[str, object]) -> dict[str, str]:
        """Why the wrong ones are wrong, by name; a variant that is not exact may differ."""
        if not answers:
            return {}
        expected = self.expected(answers)
        wrong = {}
        for name, answer in answers.items():
            difference = compare(expected, answer)
            worst = self.differences.get(name)
            if worst is None or difference.mismatched_pixels > worst.mismatched_pixels:
                self.differences[name] = difference
            if not difference.equal and is_exact(name):
                wrong[name] = difference.sentence()
        return wrong

    def expected(self, answers: Mapping[str, object] | None = None) -> Heights:
        """The right answer, computed once."""
        if self.answer is None:
            own = (answers or {}).get(self.arbiter.name)
            if not isinstance(own, np.ndarray):
                own = prepare(self.arbiter.name, self.problem).call()
            self.answer = own
        return self.answer

    def mismatched_pixels(self, name: str) -> int | None:
        """How many pixels differed; None if there was no comparable answer."""
        difference = self.differences.get(name)
        if difference is None or difference.form is not None:
            return None
        return difference.mismatched_pixels

    def sentence(self) -> str:
        """How the check went, for the variants that were compared."""
        differing = [name for name, difference in self.differences.items() if not difference.equal]
        wrong = [name for name in differing if is_exact(name)]
        inexact = [name for name in differing if not is_exact(name)]
        by = self.arbiter.name
        if not self.differences:
            return "nothing could be compared"
        if wrong:
            said = f"not equal to {by} on this problem: {', '.join(wrong)}"
        elif inexact:
            said = f"equal to {by} bit for bit on this problem, but for {self._listed(inexact)}"
        else:
            said = f"all variants equal {by} bit for bit on this problem"
        if self.arbiter.compared_on is None:
            return said
        small = self.arbiter.compared_on
        return (
            f"{said}; {registry.REFERENCE} equals {by} on the same window at "
            f"{small.width} x {small.height}, and is too slow for this problem itself"
        )

    def _listed(self, names: list[str]) -> str:
        return ", ".join(
            f"{name} ({self.differences[name].mismatched_pixels:,} pixels)" for name in names
        )
