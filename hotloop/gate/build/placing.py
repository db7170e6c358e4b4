"""Where functions and variables of two builds go: the same address in both, another each time.

The place of a loop within its 64 bytes decides how the processor fetches and predicts it. Here, a
shift of 16 bytes made tight loops in C slower or faster by up to two thirds
(docs/gate-method.md). A commit that adds a function before them shifts them, and no number of
pairs averages that out: the addresses of a build are the same in every process, up to whole pages.

So both builds are linked anew for every pair, from the objects that the project's own build made.
A function that both have gets a slot as long as the longer of the two, at an address that is drawn:

    layout 1, base   |collatz  |.|search....|calls.  |
              head   |collatz  |.|search2...|calls.  |unused
    layout 2, base   ..|calls.  |collatz  |..|search....|
              head   ..|calls.  |collatz  |..|search2...|unused

Code that the commit did not touch is then at the same addresses on both sides, and costs the same.
Code that it did touch is drawn anew with every layout, which is noise that averages out
(Curtsinger and Berger 2013, doi:10.1145/2451116.2451141, draw it while the program runs; here a
new process is drawn each time anyway).
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hotloop.gate.build.elf import Section

# What a processor fetches and caches at once: within it, addresses matter most.
LINE_BYTES = 64
# Compilers align functions to this, so that it is what chance moves them by.
STEP_BYTES = 16
# The parts of a library, in ld's script and in the names of the sections that go there.
PARTS = (".text", ".rodata", ".data.rel.ro", ".data", ".bss")
# The parts begin alike on both sides, whatever was linked before them: a library is loaded at
# whole pages.
BEGINNING = "CONSTANT (MAXPAGESIZE)"
# Rust has hashes in names: _ZN4fast6answer17h0123456789abcdefE, .Lanon.0123456789abcdef...
NUMBER = re.compile(r"[0-9a-f]{16,}|\d+")

Key = tuple[str, int]
"""A section's name, and its number among those of the same name: static functions may share one."""


class NotPlaceable(Exception):
    """Why functions cannot be placed one by one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The section of a function or a variable, and the name of the object file that has it."""

    file: str
    section: Section


Pieces = Mapping[Key, Piece]


@dataclass(frozen=True, slots=True)
class Place:
    """Bytes from the beginning of a part, and what is there on each side; None: nothing."""

    start: int
    base: Key | None
    head: Key | None


@dataclass(frozen=True, slots=True)
class Slots:
    """The places of one part in their order, and the bytes from its beginning to its end."""

    places: tuple[Place, ...]
    end: int


def pieces(objects: Iterable[tuple[str, Sequence[Section]]]) -> Pieces:
    """What can be placed of these object files (their names and sections), in their order."""
    found: dict[Key, Piece] = {}
    seen: Counter[str] = Counter()
    for file, sections in objects:
        # The linker is told their names, and puts those of one name one after the other.
        together: dict[str, Section] = {}
        for section in sections:
            if section.is_loaded_whole and section.size_bytes and _part(section.name):
                first = together.get(section.name)
                together[section.name] = section if first is None else _joined(first, section)
        for name, section in together.items():
            found[name, seen[name]] = Piece(file, section)
            seen[name] += 1
    return found


def _joined(first: Section, second: Section) -> Section:
    start = _next(first.size_bytes, second.alignment)
    return replace(
        first,
        size_bytes=start + second.size_bytes,
        alignment=max(first.alignment, second.alignment),
        digest=f"{first.digest}{second.digest}",
    )


def slots(base: Pieces, head: Pieces, chance: random.Random) -> dict[str, Slots]:
    """For each part, the places of the pieces of both sides: those that both have come first.

    ``chance`` decides the order and the place within ``LINE_BYTES``.
    """
    both = _matched(base, head)
    others: list[tuple[Key | None, Key | None]] = [
        *((key, None) for key in sorted(base.keys() - {mine for mine, _ in both})),
        *((None, key) for key in sorted(head.keys() - {theirs for _, theirs in both})),
    ]
    chance.shuffle(both)
    chance.shuffle(others)
    places: dict[str, list[Place]] = {}
    ends: dict[str, int] = {}
    for mine, theirs in (*both, *others):
        there = [side[key].section for side, key in ((base, mine), (head, theirs)) if key]
        part = _part(there[0].name)
        assert part is not None, "only what has a part is a piece"
        alignment = max(section.alignment for section in there)
        step = chance.randrange(0, LINE_BYTES, STEP_BYTES)
        start = _next(_next(ends.get(part, 0), LINE_BYTES) + step, alignment)
        places.setdefault(part, []).append(Place(start, mine, theirs))
        ends[part] = start + max(section.size_bytes for section in there)
    return {part: Slots(tuple(places[part]), ends[part]) for part in PARTS if part in places}


def _matched(base: Pieces, head: Pieces) -> list[tuple[Key, Key]]:
    """Which piece of head is which of base: by name and content, by name, by name and size.

    Compilers number what has no name of its own, and Cython all functions of a module: one more
    before them, and all have other names. So have Rust's in another folder. Numbers do not count
    where anything else tells them apart; static functions of one name are known by their content.
    """
    found: list[tuple[Key, Key]] = []
    mine, theirs = sorted(base), sorted(head)
    for measure in (_exactly, _content, _name, _size, _name_only):
        waiting: dict[object, list[Key]] = {}
        rest = []
        for key in mine:
            if (mark := measure(key, base[key])) is None:
                rest.append(key)
            else:
                waiting.setdefault(mark, []).append(key)
        unmatched = []
        for key in theirs:
            mark = measure(key, head[key])
            candidates = None if mark is None else waiting.get(mark)
            if candidates:
                found.append((candidates.pop(0), key))
            else:
                unmatched.append(key)
        mine = sorted((*rest, *(key for keys in waiting.values() for key in keys)))
        theirs = unmatched
    return sorted(found)


def _exactly(key: Key, piece: Piece) -> object:
    return key[0], piece.section.size_bytes, piece.section.digest


def _content(key: Key, piece: Piece) -> object:
    """None: it is not known."""
    return (NUMBER.sub("#", key[0]), piece.section.digest) if piece.section.digest else None


def _name(key: Key, piece: Piece) -> object:
    return key[0]


def _size(key: Key, piece: Piece) -> object:
    return NUMBER.sub("#", key[0]), piece.section.size_bytes


def _name_only(key: Key, piece: Piece) -> object:
    return NUMBER.sub("#", key[0])


def script(default: str, side: Pieces, places: Mapping[str, Slots], is_head: bool) -> str:
    """ld's ``default`` script, changed to put the pieces of a side where they belong.

    Raises NotPlaceable if it has no place for a part.
    """
    for part, placed in places.items():
        found = re.search(rf"^ *{re.escape(part)} +:\s*\{{", default, re.MULTILINE)
        if found is None:
            raise NotPlaceable(f"the linker's own script has no part {part}")
        aligned = f"  . = ALIGN({BEGINNING});\n"
        lines = "".join(f"{line}\n" for line in _lines(side, placed, is_head))
        before, after = default[: found.start()], default[found.end() :]
        default = f"{before}{aligned}{found[0]}\n{lines}{after}"
    return default


def _part(name: str) -> str | None:
    """The part that a section of this name goes to; None: it is not placed."""
    return next((part for part in PARTS if name == part or name.startswith(f"{part}.")), None)


def _lines(side: Pieces, placed: Slots, is_head: bool) -> Iterator[str]:
    for place in placed.places:
        key = place.head if is_head else place.base
        if key is not None:
            piece = side[key]
            yield f"    . = {place.start:#x};"
            yield f'    "{piece.file}"("{piece.section.name}")'
    # As long on both sides, so that both are loaded at the same address.
    yield f"    . = {placed.end:#x};"


def _next(place: int, multiple: int) -> int:
    return -(-place // multiple) * multiple
