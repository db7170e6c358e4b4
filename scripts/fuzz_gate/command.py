"""``scripts/fuzz-gate``: one random trial after the other, until the time is over.

Exit codes: 0 nothing found, 1 something was (its seed is printed, its files are kept), 2 usage,
4 nothing could be tried, 130 interrupted.
"""

import argparse
import shutil
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from hotloop.base.errors import UsageError
from scripts import frame
from scripts.fuzz_gate import results, trial
from scripts.fuzzing import trials

USAGE = """
  .venv/bin/python scripts/fuzz-gate suites FOLDER --minutes 60      random asv projects
  .venv/bin/python scripts/fuzz-gate suites FOLDER --seed 417        one of them again
  .venv/bin/python scripts/fuzz-gate results FOLDER --minutes 10     its last result, damaged
"""


def main(arguments: Sequence[str]) -> int:
    """Try until the time is over; returns the exit code."""
    parser = frame.parser(
        "fuzz-gate", "Random asv suites and damaged results against the gate.", USAGE
    )
    parser.add_argument("what", choices=("suites", "results"))
    parser.add_argument("folder", type=Path, help="where projects, environments and findings lie")
    trials.add_arguments(parser)
    parser.add_argument(
        "--stored",
        type=Path,
        metavar="FILE",
        help="the result to damage, of gate or calibrate (default: that of FOLDER's last suite)",
    )
    namespace = parser.parse_args(arguments)
    return frame.exit_code("fuzz-gate", lambda: _run(namespace))


def _run(namespace: argparse.Namespace) -> int:
    chosen = trials.Trials.of(namespace)
    folder: Path = namespace.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    stored = namespace.stored or folder / trial.JSON
    if namespace.what == "results" and not stored.is_file():
        raise UsageError(f"there is no {stored} to damage: run fuzz-gate suites {folder} before")
    targets = {
        "suites": partial(_try_suite, folder),
        "results": partial(_try_result, folder, stored),
    }
    tried, found = chosen.run(targets[namespace.what])
    print(f"{tried} tried, {found} with findings")
    return trials.EXIT_FOUND if found else 0


def _try_suite(folder: Path, seed: int) -> list[str]:
    start_s = time.monotonic()
    drawn, layout, findings = trial.try_suite(seed, folder)
    seconds = time.monotonic() - start_s
    print(f"seed {seed}, {seconds:.0f} s: {len(findings)} findings", flush=True)
    if findings:
        kept = folder / "findings" / str(seed)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder / "project", kept / "project", symlinks=True)
        for name in (trial.JSON, trial.MARKDOWN, trial.OUTPUT):
            if (folder / name).exists():
                shutil.copy(folder / name, kept)
        text = "\n".join([*findings, "", *layout.oddities, *drawn.oddities, ""])
        (kept / "findings.txt").write_text(text, encoding="utf-8", errors="backslashreplace")
        for line in (*findings, "drawn: " + ", ".join((*layout.oddities, *drawn.oddities))):
            print(f"    {line}", flush=True)
    return findings


def _try_result(folder: Path, stored: Path, seed: int) -> list[str]:
    path = folder / "damaged.json"
    findings = results.try_file(seed, stored.read_text(encoding="utf-8"), path)
    if findings:
        kept = folder / f"damaged-{seed}.json"
        shutil.copy(path, kept)
        print(f"seed {seed}, {kept}:", *findings, sep="\n    ", flush=True)
    return findings
