"""Two answers compared bit for bit: how many pixels differ, and which come first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One pixel that differs: its indices and both escape steps."""

    i: int
    j: int
    expected: int
    actual: int

    def __str__(self) -> str:
        return f"pixel ({self.i}, {self.j}) is {self.actual} instead of {self.expected}"


@dataclass(frozen=True, slots=True)
class Difference:
    """What ``compare`` found. mismatched_pixels is 0 if the answers are equal.

    form: None, or the kind of the answer if it has another shape or dtype; then no pixel
    counts as right, and ``first`` is empty.
    """

    pixels: int
    mismatched_pixels: int
    first: tuple[Mismatch, ...]
    form: str | None = None

    @property
    def equal(self) -> bool:
        return self.mismatched_pixels == 0

    def sentence(self) -> str:
        if self.form is not None:
            return f"the answer is {self.form}"
        if self.equal:
            return f"all {self.pixels:,} pixels are equal"
        more = "; ..." if len(self.first) < self.mismatched_pixels else ""
        located = "; ".join(str(mismatch) for mismatch in self.first) + more
        return f"{self.mismatched_pixels:,} of {self.pixels:,} pixels differ: {located}"


def compare(expected: NDArray[np.int64], actual: object, show: int = 3) -> Difference:
    """Compare an answer of any kind with the right one; the first ``show`` mismatches are named.

    expected is (width, height) int64. Pixels are ordered as in memory: by i, then by j.
    """
    wanted, found = _form(expected), _form(actual)
    if found != wanted or not isinstance(actual, np.ndarray):
        return Difference(expected.size, expected.size, (), f"{found} instead of {wanted}")
    places = np.argwhere(expected != actual)
    first = tuple(
        Mismatch(int(i), int(j), int(expected[i, j]), int(actual[i, j])) for i, j in places[:show]
    )
    return Difference(expected.size, len(places), first)


def _form(answer: object) -> str:
    if not isinstance(answer, np.ndarray):
        return f"of type {type(answer).__name__}"
    shape = " x ".join(str(length) for length in answer.shape)
    return f"an array of {shape} {answer.dtype}"
