"""The traps by name: whatever file lies in pairs/. Imports none of them."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

PAIRS = Path(__file__).with_name("pairs")
SIDES = LOOKS_RIGHT, IS_RIGHT = ("looks_right", "is_right")
_DOCSTRING = re.compile(r'^"""(.*?)"""', re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Trap:
    """title and why: the first line of its docstring, and the rest of it in one line.

    path: a .py file, or a .pyx to be compiled.
    """

    name: str
    title: str
    why: str
    path: Path

    @property
    def is_compiled(self) -> bool:
        return self.path.suffix == ".pyx"


@cache
def traps() -> dict[str, Trap]:
    """All of them, in the order of their names."""
    files = sorted(
        file
        for file in PAIRS.iterdir()
        if file.suffix in (".py", ".pyx") and not file.name.startswith("_")
    )
    return {file.stem: Trap(file.stem, *_title_and_why(file), file) for file in files}


def get(name: str) -> Trap:
    """The trap of that name; ValueError, with the nearest names, if there is none."""
    known = traps()
    if name not in known:
        near = get_close_matches(name, known)
        advice = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
        raise ValueError(f"no trap is called {name!r}: {advice}")
    return known[name]


def _title_and_why(file: Path) -> tuple[str, str]:
    found = _DOCSTRING.search(file.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{file.name} has no docstring that says what the trap is")
    title, _, why = found[1].strip().partition("\n")
    return title.rstrip("."), " ".join(why.split())
