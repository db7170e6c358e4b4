"""The command: explains one commit after another, and prints a table."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.gate.explained import sentence_of
from hotloop.gate.model import PytestRequest
from scripts import frame, records
from scripts.attempts import Attempts, parse_names, say
from scripts.explain_real.commits import COMMITS, Commit
from scripts.judged import judging
from scripts.repositories import commit, git
from scripts.tables import table

SCRIPT = "scripts/explain-real-commits"
USAGE = """
Each commit is checked out beside its parent, with a short test that was written from its message.
The gate compares the two in this Python for some seconds, and the change is explained as it was
measured, flagged or not. What the authors say was not used. The libraries need mdurl, six and
webencodings to be installed.

scripts/explain-real-commits FOLDER                    all; FOLDER keeps clones and what was said
scripts/explain-real-commits FOLDER --only NAME,NAME   some of them
scripts/explain-real-commits FOLDER --report           the table so far
scripts/explain-real-commits FILE --report             the same of a file
"""
GITHUB = "https://github.com/{owner}/{name}"
RECORD = "told.jsonl"
HEAD = ("commit", "its authors say", "change", "what hotloop says")
TESTS, TEST = "speed_of_a_commit", "test_speed.py"
# With a file of its own, the project's settings of pytest do not count.
SETTINGS = "[pytest]\n"


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of the commit of this ``name``; ``ratio``: head over its parent.

    ``is_flagged``: as slower or faster, in the seconds that the gate had; ``seconds``: of the
    explanation; ``load``: of the machine.
    """

    name: str
    ratio: float
    is_flagged: bool
    said: str
    seconds: float
    python: str
    load: float


def main(arguments: Sequence[str]) -> int:
    """Explain and report; returns the exit code."""
    parser = frame.parser(SCRIPT, "What --explain says of real commits.", USAGE)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--only", default=",".join(COMMITS), help="some of them, by name")
    parser.add_argument("--from", dest="origin", default=GITHUB, help=f"clone from ({GITHUB})")
    parser.add_argument("--budget", default="20", help="seconds for measuring each (20)")
    parser.add_argument("--report", action="store_true", help="print the table only")
    asked = parser.parse_args(arguments)

    def run() -> int:
        folder = asked.folder.resolve()
        names = parse_names("--only", asked.only, COMMITS)
        if folder.is_file() and not asked.report:
            raise UsageError(f"{folder} is a file: name a folder, or add --report")
        file = folder if folder.is_file() else folder / RECORD
        if not asked.report:
            folder.mkdir(parents=True, exist_ok=True)
            attempts = Attempts()
            for name in names:
                explain = partial(_explained, folder, name, asked.origin, asked.budget)
                told = attempts.make(name, explain)
                if told is not None:
                    records.append(file, told)
                    say(f"{name}: {told.ratio - 1:+.1%} {told.said}")
        print("\n".join(table(HEAD, _rows(file, names))))
        return 0

    return frame.exit_code(SCRIPT, run)


def _explained(folder: Path, name: str, origin: str, budget: str) -> Told:
    """Raises MeasurementError if it cannot be checked out, measured or profiled."""
    clone = _clone(folder, COMMITS[name], origin)
    base, head = f"{name}-base", f"{name}-head"
    for branch, revision in ((base, f"{COMMITS[name].commit}^"), (head, COMMITS[name].commit)):
        _check_out(clone, branch, revision, COMMITS[name].test)
    load = os.getloadavg()[0]
    with judging(PytestRequest(clone, (TESTS,)), base, head, "--budget", budget) as judge:
        benchmark = judge.benchmark(f"{TESTS}/{TEST}::test_speed")
        row = judge.row(benchmark)
        ratio = row.ratio or 1.0
        call_s = max(row.base or 0.0, row.head or 0.0)
        told = judge.explanation(benchmark, ratio, call_s, 1)
    return Told(
        name=name,
        ratio=ratio,
        is_flagged=row.verdict.is_flag,
        said=sentence_of(replace(row, explanation=told)),
        seconds=told.seconds,
        python=platform.python_version(),
        load=load,
    )


def _clone(folder: Path, of: Commit, origin: str) -> Path:
    clone = folder / of.name
    if not clone.is_dir():
        source = origin.format(owner=of.owner, name=of.name)
        git(folder, "clone", "--quiet", "--no-checkout", source, of.name)
    return clone


def _check_out(clone: Path, branch: str, revision: str, test: str) -> None:
    """The revision with the test, as a branch."""
    git(clone, "checkout", "--quiet", "--force", "-B", branch, revision)
    tests = clone / TESTS
    tests.mkdir(exist_ok=True)
    (tests / "pytest.ini").write_text(SETTINGS, encoding="utf-8")
    (tests / TEST).write_text(test.lstrip(), encoding="utf-8")
    commit(clone, "Time it")


def _rows(file: Path, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Of each commit, what was said last."""
    known = {told.name: told for told in records.read(file, Told)} if file.exists() else {}
    return [
        (
            f"{COMMITS[name].name} {COMMITS[name].commit}",
            COMMITS[name].says,
            f"{(known[name].ratio - 1) * 100:+.0f} %",
            known[name].said,
        )
        for name in names
        if name in known
    ]
