"""Files that head has under another name: pure.

A file that only head loads is taken for one that only base does, if most of the functions and
classes of both are in the other. What it is called at head then counts for both sides, so that its
parts are compared like those of any file.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from hotloop.gate.explain.watched import Part, Sights
from hotloop.gate.model import Side
from hotloop.gate.worker.fingerprints import MODULE

# Of all parts of both files, those that both have.
ALIKE = 0.5

Code = Mapping[str, Part]


def moved_files(sights: Sights) -> dict[str, str]:
    """The names at base of files that were moved -> those at head."""
    base, head = (sights[side].code for side in Side)
    pairs = [
        (_equal(base[old], head[new]), _alike(base[old], head[new]), old, new)
        for old in base.keys() - sights[Side.HEAD].files.keys()
        for new in head.keys() - sights[Side.BASE].files.keys()
        if _may_be_one(old, base[old], new, head[new])
    ]
    found: dict[str, str] = {}
    for _, _, old, new in sorted(pairs, reverse=True):
        if old not in found and new not in found.values():
            found[old] = new
    return found


def as_at_head(sights: Sights, moved: Mapping[str, str]) -> Sights:
    """What was seen, with base's moved files under their names at head."""
    base = sights[Side.BASE]
    files = {moved.get(name, name): file for name, file in base.files.items()}
    code = {moved.get(name, name): of for name, of in base.code.items()}
    return {**sights, Side.BASE: replace(base, files=files, code=code)}


def _may_be_one(old: str, base: Code, new: str, head: Code) -> bool:
    if base.keys() == head.keys() == {MODULE}:
        return PurePosixPath(old).name == PurePosixPath(new).name
    return _alike(base, head) >= ALIKE


def _alike(base: Code, head: Code) -> float:
    both, all_of_them = (
        (base.keys() & head.keys()) - {MODULE},
        (base.keys() | head.keys()) - {MODULE},
    )
    return len(both) / len(all_of_them) if all_of_them else 0.0


def _equal(base: Code, head: Code) -> int:
    """How many parts of both do the same."""
    return sum(base[path].text == head[path].text for path in base.keys() & head.keys())
