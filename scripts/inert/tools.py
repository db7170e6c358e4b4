"""The gate and asv on two branches of the inert project, started as a user starts them."""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from hotloop.base.errors import MeasurementError
from hotloop.gate.model import Stop
from hotloop.gate.result import load as load_gate_result
from hotloop.gate.verdicts import Verdict
from scripts.error_rates.tools import call, last_words, rounded, rows_of
from scripts.inert.project import Comparison
from scripts.inert.record import Run

NAMES = {"gate": "hotloop gate", "asv": "asv continuous -f 1.05"}


def name_of(tool: str, options: Sequence[str]) -> str:
    """The tool as it is called: ``hotloop gate --thorough``."""
    return " ".join([NAMES[tool], *options])


def run_gate(folder: Path, comparison: Comparison, options: Sequence[str]) -> Run:
    """One run of ``hotloop gate``. Raises MeasurementError if it leaves no result."""
    with tempfile.TemporaryDirectory() as scratch:
        stored = Path(scratch) / "gate.json"
        command = [sys.executable, "-m", "hotloop", "gate", comparison.base, comparison.head]
        started, before = time.time(), os.getloadavg()[0]
        code, output, seconds = call([*command, "--quiet", "--json", str(stored), *options], folder)
        if not stored.exists():
            raise MeasurementError(f"the gate ended with code {code}: {last_words(output)}")
        result = load_gate_result(stored)
    if result.stopped_by is Stop.INTERRUPTED:
        raise MeasurementError("the gate was interrupted")
    by_verdict = {v: tuple(b.label for b in result.having(v)) for v in Verdict}
    return Run(
        tool=name_of("gate", options),
        kind=comparison.kind,
        base=comparison.base,
        head=comparison.head,
        slower=by_verdict[Verdict.SLOWER],
        faster=by_verdict[Verdict.FASTER],
        undecided=by_verdict[Verdict.UNDECIDED],
        ratios={b.label: b.ratio for b in result.benchmarks if b.ratio is not None},
        exit_code=code,
        seconds=seconds,
        building_seconds=result.building_seconds,
        started=started,
        load=(before, os.getloadavg()[0]),
        pairs={b.label: tuple(rounded(b.log_ratios)) for b in result.benchmarks},
        as_built={b.label: tuple(rounded(b.as_built)) for b in result.benchmarks if b.as_built},
    )


def run_asv(folder: Path, comparison: Comparison, options: Sequence[str]) -> Run:
    """One run of ``asv continuous``. Raises MeasurementError if asv measured nothing."""
    asv = [sys.executable, "-m", "asv"]
    sides = [comparison.base, comparison.head]
    if not (Path.home() / ".asv-machine.json").exists():
        call([*asv, "machine", "--yes"], folder)
    started, before = time.time(), os.getloadavg()[0]
    code, output, seconds = call([*asv, "continuous", "-f", "1.05", *options, *sides], folder)
    if "BENCHMARKS" not in output:
        raise MeasurementError(f"asv ended with code {code}: {last_words(output)}")
    _, compared, _ = call([*asv, "compare", "-f", "1.05", *sides], folder)
    rows = rows_of(compared)
    return Run(
        tool=name_of("asv", options),
        kind=comparison.kind,
        base=comparison.base,
        head=comparison.head,
        slower=tuple(name for mark, _, name in rows if mark == "+"),
        faster=tuple(name for mark, _, name in rows if mark == "-"),
        undecided=(),
        ratios={name: ratio for _, ratio, name in rows if ratio is not None},
        exit_code=code,
        seconds=seconds,
        building_seconds=None,
        started=started,
        load=(before, os.getloadavg()[0]),
        pairs={},
    )
