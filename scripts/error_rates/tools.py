"""The gate, asv and pytest-benchmark on the known project."""

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from scripts import gate_and_asv
from scripts.error_rates import pytest_benchmark
from scripts.error_rates.known_project import BASE, KINDS, branch
from scripts.error_rates.record import Load, Run, Tool

_FACTORS = {Tool.ASV_105: "1.05", Tool.ASV_102: "1.02"}
_FIELDS = {Tool.BENCHMARK_MEAN: "mean", Tool.BENCHMARK_MIN: "min"}
_LIMIT_PERCENT = 5
# A run of a tool adds a line of this, by the names of --tools.
TOOLS = {
    "gate": Tool.GATE,
    "asv": Tool.ASV_105,
    "pytest": Tool.PYTEST,
    "benchmark": Tool.BENCHMARK_MEAN,
}
# `tests/test_interpreted.py::test_loop`, `test_loop`
_OF_PYTEST = re.compile(r"(?:.*::)?test_(\w+)")


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


def run_pytest(folder: Path, slowdown: int, load: Load, options: Sequence[str] = ()) -> list[Run]:
    """One ``hotloop gate base slower-X --pytest``; its benchmarks have the names of asv's.

    Raises MeasurementError as ``ask_gate`` does.
    """
    asked = gate_and_asv.ask_gate(folder, BASE, branch(slowdown), ["--pytest", *options])
    return [_run(Tool.PYTEST, _as_in_asv(asked.answer), slowdown, load, options)]


def run_benchmark(
    folder: Path, slowdown: int, load: Load, options: Sequence[str] = ()
) -> list[Run]:
    """One ``pytest --benchmark-compare-fail``, judged by the mean and by the fastest: two runs.

    Raises MeasurementError as ``pytest_benchmark.ask`` does.
    """
    fields = dict.fromkeys(_FIELDS.values(), _LIMIT_PERCENT)
    answers = pytest_benchmark.ask(folder, BASE, branch(slowdown), fields)
    return [
        _run(tool, _as_in_asv(answers[field]), slowdown, load, options)
        for tool, field in _FIELDS.items()
    ]


def prepare(name: str, folder: Path, slowdown: int) -> None:
    """Let a tool build both branches, so that no timed run builds them."""
    if name == "pytest":
        gate_and_asv.ask_gate(folder, BASE, branch(slowdown), ["--pytest", "--quick"])
    elif name == "benchmark":
        pytest_benchmark.prepare(folder, BASE)
        pytest_benchmark.prepare(folder, branch(slowdown))
    elif name == "asv":
        gate_and_asv.prepare_asv(folder, BASE, branch(slowdown))
    else:
        gate_and_asv.let_asv_know_the_machine(folder)
        gate_and_asv.ask_gate(folder, BASE, branch(slowdown), ["--quick"])


def _as_in_asv(answer: gate_and_asv.Answer) -> gate_and_asv.Answer:
    """The same about the benchmarks' other form, so that both can be counted together."""
    known = {kind.benchmark.partition("time_")[2]: kind.benchmark for kind in KINDS}

    def name(test: str) -> str:
        found = _OF_PYTEST.fullmatch(test)
        return known[found[1]] if found else test

    return replace(
        answer,
        slower=tuple(map(name, answer.slower)),
        faster=tuple(map(name, answer.faster)),
        undecided=tuple(map(name, answer.undecided)),
        ratios={name(test): ratio for test, ratio in answer.ratios.items()},
        pairs={name(test): pairs for test, pairs in answer.pairs.items()},
    )


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
