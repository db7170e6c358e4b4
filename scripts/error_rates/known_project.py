"""A small asv project whose slowdowns are known, because they are made on purpose.

``template/`` has its files: eight benchmarks, each of which does all its work in one loop.
The branch ``base`` does 100 % of the turns, ``slower-3`` exactly 103 %, and
``slower-0`` differs from ``base`` in a comment only, so that equal code is built
from another commit. Tests and ``scripts/gate-error-rates`` make the same project.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import MeasurementError
from scripts.repositories import check_empty, commit, git

TEMPLATE = Path(__file__).parent / "template"
BASE = "base"
SLOWDOWNS_PERCENT = (0, 1, 2, 3, 5, 10)
TRUE_SLOWDOWNS = tuple(percent for percent in SLOWDOWNS_PERCENT if percent)
# The one file in which the branches differ.
PERCENT_FILE = Path("known/percent.py")
PERCENT_LINE = "PERCENT = 100\n"


@dataclass(frozen=True, slots=True)
class Kind:
    """What one benchmark stands for, and whether a call of it takes about a second."""

    benchmark: str
    words: str
    slow: bool = False


KINDS = (
    Kind("interpreted.time_loop", "Python loop, 25 us a call"),
    Kind("interpreted.time_dictionary", "dict, 0.15 ms"),
    Kind("interpreted.time_document", "JSON, 1 ms"),
    Kind("interpreted.time_order", "sorting, 2 ms"),
    Kind("interpreted.time_objects", "small objects, 7 ms"),
    Kind("extension.time_extension", "Cython, 0.25 ms"),
    Kind("jit.time_jit", "numba, 0.25 ms"),
    Kind("interpreted.time_slow", "Python loop, 1 s a call", slow=True),
)


def branch(slowdown_percent: int) -> str:
    """The branch that is slower than ``base`` by this many per cent."""
    return f"slower-{slowdown_percent}"


def make(folder: Path) -> None:
    """Write the project into ``folder`` as a git repository, with ``base`` checked out.

    A folder that holds it already is left as it is. Raises MeasurementError if
    something else is there or git refuses.
    """
    if (folder / PERCENT_FILE).exists():
        git(folder, "rev-parse", "--verify", "--quiet", branch(SLOWDOWNS_PERCENT[-1]))
        return
    check_empty(folder)
    ignored = shutil.ignore_patterns("__pycache__", "build", "*.so", "*.c")
    shutil.copytree(TEMPLATE, folder, ignore=ignored, dirs_exist_ok=True)
    git(folder, "init", "--quiet", f"--initial-branch={BASE}")
    commit(folder, "All loops do 100 % of their turns")
    for slowdown in SLOWDOWNS_PERCENT:
        git(folder, "switch", "--quiet", "--create", branch(slowdown), BASE)
        _write_percent(folder / PERCENT_FILE, slowdown)
        commit(folder, f"All loops do {100 + slowdown} % of their turns")
    git(folder, "switch", "--quiet", BASE)


def _write_percent(file: Path, slowdown_percent: int) -> None:
    text = file.read_text(encoding="utf-8")
    if PERCENT_LINE not in text:
        raise MeasurementError(f"{file} lacks the line {PERCENT_LINE.strip()!r}")
    changed = f"# {branch(slowdown_percent)}\nPERCENT = {100 + slowdown_percent}\n"
    file.write_text(text.replace(PERCENT_LINE, changed), encoding="utf-8")
