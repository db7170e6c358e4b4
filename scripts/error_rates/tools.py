"""The gate and asv on the known project."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from scripts import gate_and_asv
from scripts.error_rates.known_project import BASE, branch
from scripts.error_rates.record import Load, Run, Tool

_FACTORS = {Tool.ASV_105: "1.05", Tool.ASV_102: "1.02"}


def run_gate(folder: Path, slowdown: int, load: Load, options: Sequence[str] = ()) -> list[Run]:
    """One ``hotloop gate base slower-X``, as a list of one run.

    Raises MeasurementError as ``ask_gate`` does.
    """
    answer = gate_and_asv.ask_gate(folder, BASE, branch(slowdown), options).answer
    return [_run(Tool.GATE, answer, slowdown, load, options)]


def run_asv(folder: Path, slowdown: int, load: Load, options: Sequence[str] = ()) -> list[Run]:
    """One ``asv continuous base slower-X``, judged by asv with either factor: two runs.

    Raises MeasurementError as ``ask_asv`` does.
    """
    answers = gate_and_asv.ask_asv(folder, BASE, branch(slowdown), options, list(_FACTORS.values()))
    return [
        _run(tool, answer, slowdown, load, options)
        for tool, answer in zip(_FACTORS, answers, strict=True)
    ]


def _run(
    tool: Tool, answer: gate_and_asv.Answer, slowdown: int, load: Load, options: Sequence[str]
) -> Run:
    return Run(
        **asdict(answer),
        tool=tool,
        load=load,
        slowdown_percent=slowdown,
        options=" ".join(options),
    )
