"""``scripts/fuzz-gate``: one random trial after the other, until the time is over.

Exit codes: 0 nothing found, 1 something was (its seed is printed, its files are kept), 2 usage,
4 nothing could be tried, 130 interrupted.
"""

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from hotloop.errors import HotloopError, UsageError
from scripts.fuzz_gate import results, trial

EXIT_FOUND = 1
EXIT_INTERRUPTED = 130
SECONDS_PER_MINUTE = 60.0
USAGE = """
  .venv/bin/python scripts/fuzz-gate suites FOLDER --minutes 60      random asv projects
  .venv/bin/python scripts/fuzz-gate suites FOLDER --seed 417        one of them again
  .venv/bin/python scripts/fuzz-gate results FOLDER --minutes 10     its last result, damaged
"""


def main(arguments: Sequence[str]) -> int:
    """Try until the time is over; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="fuzz-gate",
        description="Random asv suites and damaged results against the gate.\n" + USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("what", choices=("suites", "results"))
    parser.add_argument("folder", type=Path, help="where projects, environments and findings lie")
    parser.add_argument("--minutes", type=float, default=1.0, help="(default: %(default)s)")
    parser.add_argument("--seed", type=int, help="this trial alone")
    parser.add_argument(
        "--stored",
        type=Path,
        metavar="FILE",
        help="the result to damage, of gate or calibrate (default: that of FOLDER's last suite)",
    )
    parser.add_argument("--first", type=int, default=0, help="the first seed (default: 0)")
    namespace = parser.parse_args(arguments)
    try:
        found = _tried(namespace)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except HotloopError as error:
        print(f"fuzz-gate: {error}", file=sys.stderr)
        return error.exit_code
    return EXIT_FOUND if found else 0


def _tried(namespace: argparse.Namespace) -> int:
    """The number of trials with a finding."""
    if not 0 < namespace.minutes < float("inf"):
        raise UsageError(f"--minutes {namespace.minutes}: give a number above 0")
    folder: Path = namespace.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    stored = namespace.stored or folder / trial.JSON
    run = _try_suite if namespace.what == "suites" else partial(_try_result, stored)
    if namespace.what == "results" and not stored.is_file():
        raise UsageError(f"there is no {stored} to damage: run fuzz-gate suites {folder} before")
    end_s = time.monotonic() + namespace.minutes * SECONDS_PER_MINUTE
    seed = namespace.first if namespace.seed is None else namespace.seed
    tried = found = 0
    while time.monotonic() < end_s:
        tried += 1
        found += bool(run(seed, folder))
        if namespace.seed is not None:
            break
        seed += 1
    print(f"{tried} tried, {found} with findings")
    return found


def _try_suite(seed: int, folder: Path) -> list[str]:
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


def _try_result(stored: Path, seed: int, folder: Path) -> list[str]:
    path = folder / "damaged.json"
    findings = results.try_file(seed, stored.read_text(encoding="utf-8"), path)
    if findings:
        kept = folder / f"damaged-{seed}.json"
        shutil.copy(path, kept)
        print(f"seed {seed}, {kept}:", *findings, sep="\n    ", flush=True)
    return findings
