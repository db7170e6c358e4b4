"""The command: explains one commit after another, and prints a table."""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from hotloop import cli
from hotloop.base.errors import MeasurementError
from hotloop.gate.explained import sentence_of
from hotloop.gate.result import load
from scripts import frame
from scripts.attempts import Attempts, parse_names, say
from scripts.explain_real.commits import COMMITS, Commit
from scripts.repositories import commit, git
from scripts.tables import table

SCRIPT = "scripts/explain-real-commits"
USAGE = """
Each commit is checked out beside its parent, with a short test that was written from its message,
and hotloop gate --explain compares the two in this Python. What their authors say was not used.
The libraries need mdurl, six, webencodings and MarkupSafe to be installed.

scripts/explain-real-commits FOLDER                    all; FOLDER keeps clones and results
scripts/explain-real-commits FOLDER --only NAME,NAME   some of them
scripts/explain-real-commits FOLDER --report           the table of what is there
"""
GITHUB = "https://github.com/{owner}/{name}"
HEAD = ("commit", "its authors say", "change", "what hotloop says")
TESTS = "speed_of_a_commit"
# With a file of its own, the project's settings of pytest do not count.
SETTINGS = "[pytest]\n"


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
        if not asked.report:
            attempts = Attempts()
            for name in names:
                of = COMMITS[name]
                say(name)

                def explain(name: str = name, of: Commit = of) -> None:
                    _explain(folder, name, of, asked.origin, asked.budget)

                attempts.make(name, explain)
        print("\n".join(table(HEAD, [row for name in names for row in _rows(folder, name)])))
        return 0

    return frame.exit_code(SCRIPT, run)


def _explain(folder: Path, name: str, of: Commit, origin: str, budget: str) -> None:
    clone = folder / of.name
    if not clone.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        source = origin.format(owner=of.owner, name=of.name)
        git(folder, "clone", "--quiet", "--no-checkout", source, of.name)
    base, head = f"{name}-base", f"{name}-head"
    for branch, revision in ((base, f"{of.commit}^"), (head, of.commit)):
        git(clone, "checkout", "--quiet", "--force", "-B", branch, revision)
        tests = clone / TESTS
        tests.mkdir(exist_ok=True)
        (tests / "pytest.ini").write_text(SETTINGS, encoding="utf-8")
        (tests / "test_speed.py").write_text(of.test.lstrip(), encoding="utf-8")
        commit(clone, "Time it")
    words = ["--pytest", TESTS, "--environment", "here", "--explain", "--budget", budget]
    with _in(clone):
        code = cli.main(
            ["gate", base, head, *words, "--json", str(_stored(folder, name)), "--quiet"],
            sys.stderr,
            sys.stderr,
        )
    if not _stored(folder, name).exists():
        raise MeasurementError(f"it ended with code {code} and has no result")


def _stored(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


@contextlib.contextmanager
def _in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _rows(folder: Path, name: str) -> list[tuple[str, ...]]:
    file = _stored(folder, name)
    if not file.exists():
        return []
    of = COMMITS[name]
    found = []
    for row in load(file).benchmarks:
        change = "-" if row.ratio is None else f"{(row.ratio - 1) * 100:+.1f} %"
        said = sentence_of(row) or f"{row.verdict.value}: nothing explained"
        found.append((f"{of.name} {of.commit}", of.says, change, said))
    return found
