"""Which parts of the code changed and run, the likeliest culprits first: pure.

What changed neither its code nor its counts is a side effect: freeing memory is charged to whoever
lets go of it.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from hotloop.gate.explain.profiles import EXACT, Compared, Function, by_part
from hotloop.gate.explain.watched import Part, Sights
from hotloop.gate.explanation import EXTENSION
from hotloop.gate.model import Side
from hotloop.gate.worker.fingerprints import MODULE

# How alike the steps of two functions have to be to be taken for one that was renamed.
ALIKE = 0.6
# A step is one instruction; longer functions are told apart by these.
MOST_STEPS = 2000


class Change(Enum):
    """What became of a part from base to head."""

    CHANGED = "changed"
    NEW = "new"
    GONE = "gone"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A part of head whose code differs at base, where it is ``before``.

    ``score_s``: how many seconds of the growth of a call the profiles lay to it.
    """

    part: Function
    before: Function
    change: Change
    is_function: bool
    score_s: float


@dataclass(frozen=True, slots=True)
class Changes:
    """``of``: what became of each part that differs. ``suspects``: those that could be swapped.

    ``unseen``: functions that changed and were not seen to run; other threads are not seen.
    ``unmatched`` are functions that ran and that only base, or only head, has.
    """

    of: Mapping[Function, Change]
    suspects: tuple[Suspect, ...]
    unseen: tuple[Suspect, ...]
    unmatched: Mapping[Side, tuple[Function, ...]]


def changes(sights: Sights, compared: Compared, sign: int) -> Changes:
    """What changed of the code that one couple of processes had loaded.

    ``sign``: 1 if head is slower, -1 if it is faster.
    """
    code = {side: sights[side].code for side in Side}
    found: dict[Function, Change] = {}
    suspects: list[Suspect] = []
    unseen: list[Suspect] = []
    for file in sorted({*code[Side.BASE], *code[Side.HEAD]}):
        base, head = (code[side].get(file, {}) for side in Side)
        for path in {**base, **head}:
            part = Function(file, path)
            if path not in head:
                found[part] = Change.GONE
            elif path not in base:
                found[part] = Change.NEW
            elif base[path].text != head[path].text:
                found[part] = Change.CHANGED
                is_function = head[path].is_function
                runs = not is_function or _runs(compared, Side.HEAD, part)
                score_s = _score(compared, part, part) * sign
                suspect = Suspect(part, part, Change.CHANGED, is_function, score_s)
                (suspects if runs else unseen).append(suspect)
    for name in sorted(sights[Side.HEAD].extensions):
        part = Function(name, EXTENSION)
        found[part] = Change.CHANGED
        suspects.append(Suspect(part, part, Change.CHANGED, False, 0.0))
    unmatched = {
        side: tuple(
            part
            for part, change in found.items()
            if change is what and _is_function(code[side], part) and _runs(compared, side, part)
        )
        for side, what in ((Side.BASE, Change.GONE), (Side.HEAD, Change.NEW))
    }
    return Changes(found, tuple(_ranked(suspects)), tuple(unseen), unmatched)


def renamed(
    changed: Changes,
    compared: Compared,
    steps: Mapping[Side, Mapping[Function, Sequence[str]]],
    sign: int,
) -> Changes:
    """With a guess which new functions are gone ones under another name, by what they do."""
    pairs = []
    for new in changed.unmatched[Side.HEAD]:
        for old in changed.unmatched[Side.BASE]:
            before = steps[Side.BASE].get(old, ())[:MOST_STEPS]
            after = steps[Side.HEAD].get(new, ())[:MOST_STEPS]
            matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
            if before and after and matcher.real_quick_ratio() >= ALIKE:
                pairs.append((matcher.ratio(), new, old))
    found, suspects = dict(changed.of), list(changed.suspects)
    taken: set[Function] = set()
    for alike, new, old in sorted(pairs, reverse=True):
        if alike < ALIKE or new in taken or old in taken:
            continue
        taken |= {new, old}
        found[new] = Change.RENAMED
        del found[old]
        score_s = _score(compared, new, old) * sign
        suspects.append(Suspect(new, old, Change.RENAMED, True, score_s))
    unmatched = {
        side: tuple(part for part in changed.unmatched[side] if part not in taken) for side in Side
    }
    ranked = tuple(_ranked(suspects))
    return replace(changed, of=found, suspects=ranked, unmatched=unmatched)


def _ranked(suspects: Sequence[Suspect]) -> list[Suspect]:
    """Functions first, those that seem to cost most; then compiled files, then top levels."""
    return sorted(
        suspects, key=lambda s: (not s.is_function, s.part.path != EXTENSION, -s.score_s, s.part)
    )


def _score(compared: Compared, part: Function, before: Function) -> float:
    """Seconds that it grew by itself, and by calling others more often than it did."""
    growth_s = by_part(compared.growth_s)
    own_s = growth_s.get(part, 0.0)
    if before != part:
        own_s += growth_s.get(before, 0.0)
    base, head = compared.sides[Side.BASE], compared.sides[Side.HEAD]
    called_s = 0.0
    before_calls = {callee: n for (f, callee), (n, _) in base.edges.items() if f.part == before}
    calls = {callee: n for (f, callee), (n, _) in head.edges.items() if f.part == part}
    for callee in {*before_calls, *calls}:
        more = calls.get(callee, 0.0) - before_calls.get(callee, 0.0)
        if callee.is_c or callee.part == part or abs(more) <= EXACT:
            continue
        side = head if more > 0 else base
        number = side.counts.get(callee) or 0.0
        if number:
            called_s += more * side.whole_s.get(callee, 0.0) / number
    return own_s + called_s


def _runs(compared: Compared, side: Side, part: Function) -> bool:
    """Whether a call runs it, or what has no name in it."""
    return any(
        each.part == part and (count is None or count > 0)
        for each, count in compared.sides[side].counts.items()
    )


def _is_function(code: Mapping[str, Mapping[str, Part]], part: Function) -> bool:
    if part.path in (MODULE, EXTENSION):
        return False
    return code[part.file][part.path].is_function
