"""``scripts/try-functions``: each function once, a record of each, and a table.

Exit codes: 0 done, 2 usage, 4 a function could not be tried, 130 interrupted.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.units import factor
from scripts import frame, records
from scripts.circumstances import circumstances
from scripts.try_functions.by_hand import FACTORS, GOOD_TO, TECHNIQUES
from tests.hot_loop_files import FUNCTIONS, path

DISTRIBUTIONS = ("hotloop", "numpy", "cython", "numba", "mypy", "pythran")
# A row's figure, in the progress: what follows the first one's is the first technique's.
ROW = ": about "
FIRST_ROW_S, WHOLE_S = 10.0, 60.0
USAGE = """
  .venv/bin/python scripts/try-functions runs.jsonl
  .venv/bin/python scripts/try-functions --report runs.jsonl

Each function of tests/hot_loops is tried with an empty cache, as a user's first time is, pythran
too, and adds a line to the record; the same command goes on where it was stopped.
"""


def main(arguments: Sequence[str]) -> int:
    """Try or report; returns the exit code."""
    parser = frame.parser(
        "try-functions", "What hotloop try makes of fifteen functions, and how soon.", USAGE
    )
    parser.add_argument("record", type=Path, metavar="RECORD", help="a file of JSON lines")
    parser.add_argument("--only", default="", help="functions whose files are named so, a,b")
    parser.add_argument("--report", action="store_true", help="make the table, try nothing")
    namespace = parser.parse_args(arguments)
    return frame.exit_code("try-functions", lambda: _run(namespace))


def _run(namespace: argparse.Namespace) -> int:
    record = namespace.record
    lines = records.read_objects(record)
    if not namespace.report:
        asked = [name for name in namespace.only.split(",") if name] or list(FUNCTIONS)
        unknown = [name for name in asked if name not in FUNCTIONS]
        if unknown:
            raise UsageError(f"--only {unknown[0]}: there is {', '.join(FUNCTIONS)}")
        had = {line["file"] for line in lines}
        for name in asked:
            if name not in had:
                line = tried(name)
                lines.append(line)
                records.append_object(record, line)
                print(f"{name}: {line['seconds']} s", file=sys.stderr, flush=True)
    elif not lines:
        raise UsageError(f"{record}: there is no such record")
    print(table(lines))
    return 0


def tried(name: str) -> dict[str, Any]:
    """One function, by the command that a user types. Raises MeasurementError."""
    known = circumstances(DISTRIBUTIONS)
    with tempfile.TemporaryDirectory(prefix="try-functions-") as folder:
        command = [
            sys.executable, "-m", "hotloop", "try", f"{path(name)}:{FUNCTIONS[name]}", "--pythran",
            "--json", "result.json",
        ]  # fmt: skip
        environment = os.environ | {
            "XDG_CACHE_HOME": folder,
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        start_s, first_s, said = time.monotonic(), [], ""
        with subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            for said in process.stderr:
                if ROW in said:
                    first_s.append(round(time.monotonic() - start_s, 1))
        seconds = round(time.monotonic() - start_s, 1)
        if process.returncode != 0:
            raise MeasurementError(f"{name}: {said.strip()}")
        result = json.loads(Path(folder, "result.json").read_text())
    return {
        "file": name,
        "seconds": seconds,
        "first_rows": first_s[:2],
        "rows": {row["name"]: _row(row) for row in result["comparison"]["contenders"][1:]},
        **known,
    }


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    found = row["factor"]
    if found is None:
        return {"why": row["reason"]}
    return {name: found[name] for name in ("value", "low", "high")}


def table(lines: Sequence[dict[str, Any]]) -> str:
    """Ours and the one found by hand, for each technique; below them what fell short."""
    rows = [
        f"| function | {' | '.join(TECHNIQUES)} | first rows | in all |",
        f"|{' --- |' * (len(TECHNIQUES) + 3)}",
    ]
    short, why_not = [], []
    for line in lines:
        name = line["file"]
        cells = []
        for technique in TECHNIQUES:
            row, by_hand = line["rows"].get(technique), FACTORS[name][technique]
            cells.append(f"{_ours(row)} / {'-' if by_hand is None else factor(by_hand)}")
            if row is not None and "why" in row:
                why_not.append(f"{name}, {technique}: {row['why']}")
            if by_hand is not None and falls_short(row, by_hand):
                short.append(f"{name}, {technique}: {_ours(row)}, by hand {factor(by_hand)}")
        first_s = " and ".join(f"{seconds:g} s" for seconds in line["first_rows"])
        rows.append(f"| `{name}` | {' | '.join(cells)} | {first_s} | {line['seconds']:.0f} s |")
        if line["first_rows"] and line["first_rows"][-1] > FIRST_ROW_S:
            short.append(f"{name}: its first rows came after {line['first_rows'][-1]:g} s")
        if line["seconds"] > WHOLE_S:
            short.append(f"{name}: {line['seconds']:g} s in all")
    parts = ["\n".join(rows), *(["Short of it:", *short] if short else ["nothing falls short"])]
    return "\n".join([*parts, "Why not:", *why_not] if why_not else parts)


def falls_short(row: Mapping[str, Any] | None, by_hand: float | None) -> bool:
    """Whether a technique gave less than by hand, by more than both may err."""
    if by_hand is None or by_hand <= 1.0 + GOOD_TO or row is None:
        return False
    return "why" in row or row["high"] < by_hand * (1 - GOOD_TO)


def _ours(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "-"
    return "no" if "why" in row else factor(row["value"])
