"""Made causes of a slowdown, each an edit of the template, and what may be named for it."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TEMPLATE = Path(__file__).parent / "template"
TOP = "<module>"
# (file, function) that may be named.
Culprit = tuple[str, str]
Edit = tuple[str, str, str]
"""A file, a text in it, and what takes its place."""


@dataclass(frozen=True, slots=True)
class Cause:
    """``edits`` of a strength from 1 on. ``culprits``: empty where none may be named.

    ``is_spread``: no single one is to blame, so that naming any of them, or all, is right.
    """

    words: str
    edits: Callable[[int], Sequence[Edit]]
    culprits: frozenset[Culprit]
    strengths: Sequence[int] = (1,)
    is_spread: bool = False

    @property
    def is_control(self) -> bool:
        return not self.culprits

    def files(self, chance: random.Random) -> dict[str, str]:
        """Head's files."""
        files = base()
        for path, old, new in self.edits(chance.choice(self.strengths)):
            assert files[path].count(old) == 1, (path, old)
            files[path] = files[path].replace(old, new)
        return files


def base() -> dict[str, str]:
    """The template's files."""
    return {
        path.relative_to(TEMPLATE).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(TEMPLATE.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


ROUNDED = "return rates.rounded("
NEW_RECORD = "return {\n"
COPIES = "fields = [list(fields) for _ in range({})][0]"
SORTED = "sorted(map(str, range({})))"
# The same numbers, found in more steps.
HARDER = "(?:" + "|".join(2 * letter for letter in "abcdefghijklmnop") + r"|\s)*"


def _loop(strength: int) -> str:
    return f"for _ in range({strength}):\n        pass\n    "


def _slow(file: str, before: str) -> Callable[[int], Sequence[Edit]]:
    return lambda strength: [(file, before, _loop(strength) + before)]


_LITTLE = (
    ("shop/parse.py", "return [field.strip()"),
    ("shop/parse.py", "found = NUMBER"),
    ("shop/parse.py", 'return {\n        "name"'),
    ("shop/rates.py", "return RATES[tag]"),
    ("shop/rates.py", "return math.floor"),
    ("shop/totals.py", 'return record["price"]'),
    ("shop/totals.py", 'count = record["count"]'),
    ("shop/totals.py", 'return rates.rate(record["tag"])'),
    ("shop/totals.py", "return rates.rounded"),
    ("shop/totals.py", "return sorted(values"),
)
_NAMES = (
    ("parse", "split_line"), ("parse", "number"), ("parse", "record"), ("rates", "rate"),
    ("rates", "rounded"), ("totals", "price"), ("totals", "discount"), ("totals", "tax"),
    ("totals", "total"), ("totals", "ranked"),
)  # fmt: skip


def _of(*names: tuple[str, str]) -> frozenset[Culprit]:
    return frozenset((f"shop/{module}.py", name) for module, name in names)


CAUSES: Mapping[str, Cause] = {
    "slower": Cause(
        "a slower function",
        _slow("shop/totals.py", 'count = record["count"]'),
        _of(("totals", "discount")),
        (10, 20, 40),
    ),
    "twice": Cause(
        "a function called twice",
        lambda strength: [
            ("shop/totals.py", ROUNDED, "tax(record)\n    " * strength + ROUNDED),
        ],
        _of(("totals", "total")),
        (2, 3, 5),
    ),
    "allocation": Cause(
        "an added allocation",
        lambda strength: [
            ("shop/parse.py", NEW_RECORD, f"{COPIES.format(strength)}\n    {NEW_RECORD}"),
        ],
        _of(("parse", "record")),
        (2, 4, 8),
    ),
    "c-call": Cause(
        "a slower C call",
        lambda strength: [
            ("shop/totals.py", "groups = {}", f"groups = {{}}\n    {SORTED.format(40 * strength)}"),
        ],
        _of(("totals", "group")),
        (2, 4, 8),
    ),
    "input": Cause(
        "another input",
        lambda strength: [("shop/sizes.py", "ROWS = 120", f"ROWS = {120 + 6 * strength}")],
        _of(("sizes", TOP)),
        (1, 2, 3),
    ),
    "ten": Cause(
        "ten functions each a little slower",
        lambda strength: [(file, old, _loop(strength) + old) for file, old in _LITTLE],
        _of(*_NAMES),
        (2, 4),
        is_spread=True,
    ),
    "import": Cause(
        "an import moved inside",
        lambda _: [
            ("shop/rates.py", "import math\n", ""),
            ("shop/rates.py", "return math.floor", "import math\n\n    return math.floor"),
        ],
        _of(("rates", "rounded"), ("rates", TOP)),
    ),
    "list": Cause(
        "a dict replaced by a list",
        lambda _: [
            (
                "shop/rates.py",
                'RATES = {f"tag{n}": 1 + n / 100 for n in range(11)}',
                'RATES = [(f"tag{n}", 1 + n / 100) for n in range(11)]',
            ),
            (
                "shop/rates.py",
                "return RATES[tag]",
                "return next(value for name, value in RATES if name == tag)",
            ),
        ],
        _of(("rates", "rate"), ("rates", TOP)),
        is_spread=True,
    ),
    "cache": Cause(
        "a cache that no longer hits",
        lambda strength: [("shop/rates.py", "maxsize=64", f"maxsize={strength}")],
        _of(("rates", TOP)),
        (1, 2),
    ),
    "pattern": Cause(
        "a regular expression",
        lambda strength: [
            ("shop/parse.py", r'r"\s*(\d+)\s*$"', f'r"{HARDER * strength}(\\d+){HARDER}$"'),
        ],
        _of(("parse", TOP)),
        (1, 2, 3),
    ),
    "nothing": Cause("nothing changed", lambda _: [], frozenset()),
    "words": Cause(
        "words",
        lambda _: [
            ("shop/totals.py", '"""By tag."""', '"""What the tag costs."""\n    # By tag.'),
            ("shop/parse.py", '"""All records."""', '"""Each line\'s record."""'),
        ],
        frozenset(),
    ),
    "unused": Cause(
        "unused code",
        lambda _: [
            ("shop/totals.py", "    return values\n", "    return [values, values]\n"),
            ("shop/rates.py", "def rounded", "def added(tag):\n    return tag\n\n\ndef rounded"),
        ],
        frozenset(),
    ),
}
