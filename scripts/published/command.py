"""``scripts/results``: run each command of the documents, replace its output, draw its charts.

Exit codes: 0 done, 2 usage, 4 the machine is busy or a command failed, 130 interrupted. What a
command printed is written when it has ended well; one that fails keeps its old text.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hotloop.base.conditions import read_conditions
from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.files import write_whole
from hotloop.base.outcome import EXIT_FINE
from implementations import registry
from scripts import frame
from scripts.attempts import say
from scripts.available import can_run
from scripts.published import documents

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "results.md"
DOCUMENTS = (RESULTS, ROOT / "README.md")
PICTURES = ROOT / "docs" / "pictures"
# Of one CPU, that others may use meanwhile.
BUSY = 0.1
USAGE = """
  make results                                    all of docs/results.md; half an hour
  .venv/bin/python scripts/results --only compute   the commands that have this word

The machine must have nothing else to do. Read the diff afterwards: the words around a table
are not measured. What is not installed (jax, taichi, ...: pip install 'hotloop[others]') is left
out, and the block says so.
"""


def main(arguments: Sequence[str]) -> int:
    """Measure and write; returns the exit code."""
    parser = frame.parser("results", "The documents' figures and pictures, measured anew.", USAGE)
    parser.add_argument("--only", metavar="WORD", default="", help="of a command")
    parser.add_argument("--list", action="store_true", help="name the commands, run none")
    namespace = parser.parse_args(arguments)
    return frame.exit_code("results", lambda: _run(namespace))


def _run(namespace: argparse.Namespace) -> int:
    known = documents.commands(RESULTS.read_text(encoding="utf-8"))
    asked = [
        command for command in known if not namespace.only or namespace.only in command.split()
    ]
    if not asked:
        raise UsageError(f"--only {namespace.only}: no command of {RESULTS.name} has that word")
    if namespace.list:
        print("\n".join(asked))
        return EXIT_FINE
    _check_quiet()
    failed = []
    for command in asked:
        say(command)
        try:
            _renew(command, known.index(command) + 1)
        except MeasurementError as error:
            failed.append(str(error))
    if failed:
        raise MeasurementError("; ".join(failed))
    return EXIT_FINE


def _renew(command: str, number: int) -> None:
    """Measure, then write. Raises MeasurementError with nothing written."""
    with tempfile.TemporaryDirectory() as folder:
        output = _measured(command, Path(folder))
        pictures = {
            PICTURES / f"{number}-{file.name[3:]}": file.read_bytes()
            for file in sorted((Path(folder) / "page").glob("*.svg"))
        }
    PICTURES.mkdir(exist_ok=True)
    renewed = {
        file: documents.renewed(file.read_text(encoding="utf-8"), {command: output}).encode()
        for file in DOCUMENTS
    }
    for file, content in {**pictures, **renewed}.items():
        write_whole(file, content)


def _check_quiet() -> None:
    conditions = read_conditions()
    if conditions.busy_cpus is None or conditions.busy_cpus > BUSY:
        who = ", ".join(f"{name} {part:.1f}" for name, part in conditions.programs)
        raise MeasurementError(
            f"other programs use {conditions.busy_cpus or 0:.1f} CPUs ({who}): published figures "
            "need a machine that does nothing else; repeat when they are done"
        )


def _measured(command: str, folder: Path) -> str:
    """What it printed; its page is in ``folder``. Raises MeasurementError if it failed."""
    stored = folder / "result.json"
    words, missing = _here(documents.words(command))
    printed = _hotloop(*words, "--json", str(stored))
    _hotloop("report", str(stored), "-o", str(folder / "page"))
    if not missing:
        return printed
    return f"{printed.rstrip()}\nleft out, because they cannot run here: {', '.join(missing)}\n"


def _here(words: list[str]) -> tuple[list[str], list[str]]:
    """The words without variants of the compute ladder that cannot run here, and those."""
    if words[0] != "compute":
        return words, []
    known = {variant.name for variant in registry.VARIANTS}
    missing = [word for word in words if word in known and not can_run(word)]
    return [word for word in words if word not in missing], missing


def _hotloop(*words: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "hotloop", *words], stdout=subprocess.PIPE, text=True, check=False
    )
    if ended.returncode:
        raise MeasurementError(f"hotloop {' '.join(words)} ended with {ended.returncode}")
    return ended.stdout
