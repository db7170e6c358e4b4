"""A small asv project whose commits differ in nothing that should cost time.

The branch ``base-2`` has the functions of the template in an order of its own; ``order-2``,
``unused-2``, ... differ from it by one change each (``changes.KINDS``), in all four kinds of code
at once. Another number draws everything anew. ``slower-2`` is for the opposite question:
``all-2`` with 103 % of the turns in every loop of the benchmarks.
"""

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from scripts.inert import changes
from scripts.inert.changes import Code, Source
from scripts.repositories import check_empty, commit, git

TEMPLATE = Path(__file__).parent / "template"
PACKAGE = "inert"
PERCENT_FILE = Path(PACKAGE) / "percent.py"
BASES = 4
SLOWDOWN_PERCENT = 3
SLOWER = "slower"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two branches and what differs: one of ``changes.KINDS``, or ``SLOWER``."""

    kind: str
    number: int

    @property
    def base(self) -> str:
        return f"base-{self.number}"

    @property
    def head(self) -> str:
        return f"{self.kind}-{self.number}"


def comparisons() -> list[Comparison]:
    """All inert ones."""
    return [Comparison(kind, number) for number in range(BASES) for kind in changes.KINDS]


def make(folder: Path) -> None:
    """Write the project into ``folder`` as a git repository, with ``base-0`` checked out.

    A folder that holds it already is left as it is. Raises MeasurementError if something else is
    there or git refuses.
    """
    last = Comparison(SLOWER, BASES - 1)
    if (folder / PACKAGE / Code.C.value).exists():
        git(folder, "rev-parse", "--verify", "--quiet", last.head)
        return
    check_empty(folder)
    ignored = shutil.ignore_patterns("__pycache__", "build", "*.so", "extension.c")
    shutil.copytree(TEMPLATE, folder, ignore=ignored, dirs_exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=base-0")
    for number in range(BASES):
        if number:
            git(folder, "switch", "--quiet", "--create", f"base-{number}", "base-0")
        base = sources(number)
        _write(folder, base, {})
        commit(folder, f"Base {number}")
        for kind in changes.KINDS:
            git(folder, "switch", "--quiet", "--create", f"{kind}-{number}", f"base-{number}")
            _write(folder, *changes.changed(base, kind, random.Random(f"{kind} {number}")))
            commit(folder, f"A change that costs nothing: {kind}")
        everything = Comparison(changes.ALL, number)
        git(folder, "switch", "--quiet", "--create", f"{SLOWER}-{number}", everything.head)
        faster = (folder / PERCENT_FILE).read_text(encoding="utf-8")
        slower = faster.replace(" = 100", f" = {100 + SLOWDOWN_PERCENT}")
        (folder / PERCENT_FILE).write_text(slower, encoding="utf-8")
        commit(folder, f"All loops do {100 + SLOWDOWN_PERCENT} % of their turns")
    git(folder, "switch", "--quiet", "base-0")


def sources(number: int) -> dict[Code, Source]:
    """The files of the branch ``base-<number>``."""
    found = {}
    for code in Code:
        text = (TEMPLATE / PACKAGE / code.value).read_text(encoding="utf-8")
        source = Source.parse(code, text)
        found[code] = changes.order(source, random.Random(f"base {number}")) if number else source
    return found


def _write(folder: Path, made: dict[Code, Source], new: dict[str, str]) -> None:
    for code, source in made.items():
        (folder / PACKAGE / code.value).write_text(source.text, encoding="utf-8")
    for name, text in new.items():
        (folder / PACKAGE / name).write_text(text, encoding="utf-8")
