"""The answers of both sides: equal, or differing in as many places as the trap is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hotloop.compare.annotated import lines_left
from hotloop.compare.extension import report_of
from hotloop.compare.inside.equal import first_difference
from hotloop.compute.traps.result import Told
from implementations.traps.catalogue import IS_RIGHT, LOOKS_RIGHT, SIDES, Trap


@dataclass(slots=True)
class Checker:
    """Compares the answers, and keeps what the sides told of themselves."""

    claims: bool = False
    differing: int | None = None
    what: str | None = None
    told: dict[str, float] = field(default_factory=dict)

    def judge(self, answers: Mapping[str, Any]) -> dict[str, str]:
        """Why what looks right is wrong, if it is and should not be."""
        for side, answer in answers.items():
            self.claims, self.what = answer["claims"], answer["tells"]
            if answer["told"] is not None:
                self.told[side] = answer["told"]
        if len(answers) < len(SIDES):
            return {}
        looks, right = (answers[side]["answer"] for side in SIDES)
        if answers[IS_RIGHT]["differs"]:
            self.differing = _differing(looks, right)
            return {}
        found = first_difference(right, looks)
        return {} if found is None else {LOOKS_RIGHT: f"its answer is {found.sentence()}"}

    def told_of_both(self) -> Told | None:
        """What the trap itself told; None: nothing."""
        if self.what is None:
            return None
        if self.differing is not None:
            return Told(self.what, self.differing, 0)
        if not self.told.keys() >= set(SIDES):
            return None
        return Told(self.what, self.told[LOOKS_RIGHT], self.told[IS_RIGHT])


def told_by_cython(trap: Trap, extension: Path) -> Told | None:
    """How many lines of each side's loops still touch Python; None: there is no report."""
    page = report_of(extension)
    if page is None:
        return None
    source = trap.path.read_text(encoding="utf-8")
    looks, right = (lines_left(source, page, side) for side in SIDES)
    what = f"lines that touch Python, of {looks.lines} in loops"
    return Told(what, looks.touching, right.touching)


def _differing(looks: object, right: object) -> int:
    ours, theirs = np.asarray(looks), np.asarray(right)
    if ours.shape != theirs.shape:
        return max(ours.size, theirs.size)
    return int(np.count_nonzero(ours != theirs))
