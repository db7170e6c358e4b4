"""The gate and asv on two branches of the inert project."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from hotloop.base.errors import MeasurementError
from hotloop.gate.model import Stop
from scripts.gate_and_asv import Answer, ask_asv, ask_gate, let_asv_know_the_machine, rounded
from scripts.inert.project import Comparison
from scripts.inert.record import Run

FACTOR = "1.05"
NAMES = {"gate": "hotloop gate", "asv": f"asv continuous -f {FACTOR}"}


def name_of(tool: str, options: Sequence[str]) -> str:
    """The tool as it is called: ``hotloop gate --thorough``."""
    return " ".join([NAMES[tool], *options])


def run_gate(folder: Path, comparison: Comparison, options: Sequence[str]) -> Run:
    """One run of ``hotloop gate``. Raises MeasurementError if it leaves no result."""
    before = os.getloadavg()[0]
    gated = ask_gate(folder, comparison.base, comparison.head, options)
    if gated.result.stopped_by is Stop.INTERRUPTED:
        raise MeasurementError("the gate was interrupted")
    rows = gated.result.benchmarks
    as_built = {b.label: rounded(b.as_built) for b in rows if b.as_built}
    return _run(name_of("gate", options), gated.answer, comparison, before, as_built)


def run_asv(folder: Path, comparison: Comparison, options: Sequence[str]) -> Run:
    """One run of ``asv continuous``. Raises MeasurementError if asv measured nothing."""
    let_asv_know_the_machine(folder)
    before = os.getloadavg()[0]
    (answer,) = ask_asv(folder, comparison.base, comparison.head, options, [FACTOR])
    return _run(name_of("asv", options), answer, comparison, before, {})


def _run(
    name: str,
    answer: Answer,
    comparison: Comparison,
    load_before: float,
    as_built: dict[str, tuple[float, ...]],
) -> Run:
    return Run(
        **asdict(answer),
        tool=name,
        kind=comparison.kind,
        base=comparison.base,
        head=comparison.head,
        load=(load_before, os.getloadavg()[0]),
        as_built=as_built,
    )
