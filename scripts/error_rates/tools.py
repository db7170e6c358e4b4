"""The gate and asv on the known project: started as a user starts them, their answers read."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from hotloop.base.errors import MeasurementError
from hotloop.gate.result import load as load_gate_result
from hotloop.gate.verdicts import Verdict
from scripts.error_rates.known_project import BASE, branch
from scripts.error_rates.record import Load, Run, Tool

ROOT = Path(__file__).parents[2]
# Either takes a minute or two; a run that hangs must not take the night.
LIMIT_S = 1800.0
# What a tool gets to end by itself after Ctrl-C, which reaches it too.
PARTING_S = 30.0
# Of the pairs that are kept: noise begins four digits earlier.
LOG_RATIO_DIGITS = 6
# `| +        | 245±0.1us  | 359±100us  |    1.46 | extension.time_extension |`
_ROW = re.compile(r"\| ([-+ !x]) +\|[^|]*\|[^|]*\| *~?([0-9.]+|n/a) *\| (\S+) *\|")
_FACTORS = {Tool.ASV_105: "1.05", Tool.ASV_102: "1.02"}


def run_gate(folder: Path, slowdown: int, load: Load, options: Sequence[str] = ()) -> list[Run]:
    """One ``hotloop gate base slower-X``, as a list of one run.

    Raises MeasurementError if it leaves no result, with its last words.
    """
    with tempfile.TemporaryDirectory() as scratch:
        stored = Path(scratch) / "gate.json"
        command = [sys.executable, "-m", "hotloop", "gate", BASE, branch(slowdown)]
        started = time.time()
        code, output, seconds = call([*command, "--quiet", "--json", str(stored), *options], folder)
        if not stored.exists():
            raise MeasurementError(f"the gate ended with code {code}: {last_words(output)}")
        result = load_gate_result(stored)
    by_verdict = {v: tuple(b.label for b in result.having(v)) for v in Verdict}
    return [
        Run(
            tool=Tool.GATE,
            load=load,
            slowdown_percent=slowdown,
            slower=by_verdict[Verdict.SLOWER],
            faster=by_verdict[Verdict.FASTER],
            undecided=by_verdict[Verdict.UNDECIDED],
            ratios={b.label: b.ratio for b in result.benchmarks if b.ratio is not None},
            exit_code=code,
            seconds=seconds,
            building_seconds=result.building_seconds,
            started=started,
            pairs={b.label: tuple(rounded(b.log_ratios)) for b in result.benchmarks},
            options=" ".join(options),
        )
    ]


def run_asv(folder: Path, slowdown: int, load: Load, options: Sequence[str] = ()) -> list[Run]:
    """One ``asv continuous base slower-X``, judged by asv with either factor: two runs.

    ``continuous`` is asv's measuring followed by its ``compare``, which is asked once
    more for the second factor. Raises MeasurementError if asv measured nothing.
    """
    asv = [sys.executable, "-m", "asv"]
    sides = [BASE, branch(slowdown)]
    started = time.time()
    code, output, seconds = call(
        [*asv, "continuous", "-f", _FACTORS[Tool.ASV_105], *options, *sides], folder
    )
    if "BENCHMARKS" not in output:
        raise MeasurementError(f"asv ended with code {code}: {last_words(output)}")
    runs = []
    for tool, factor in _FACTORS.items():
        _, compared, _ = call([*asv, "compare", "-f", factor, *sides], folder)
        rows = rows_of(compared)
        slower = tuple(name for mark, _, name in rows if mark == "+")
        runs.append(
            Run(
                tool=tool,
                load=load,
                slowdown_percent=slowdown,
                slower=slower,
                faster=tuple(name for mark, _, name in rows if mark == "-"),
                undecided=(),
                ratios={name: ratio for _, ratio, name in rows if ratio is not None},
                exit_code=code if tool is Tool.ASV_105 else int(bool(slower)),
                seconds=seconds,
                building_seconds=None,
                started=started,
                pairs={},
                options=" ".join(options),
            )
        )
    return runs


def rows_of(compared: str) -> list[tuple[str, float | None, str]]:
    """Mark, ratio (None: asv has none) and name of each row of ``asv compare``'s table."""
    return [
        (mark.strip(), None if ratio == "n/a" else float(ratio), name)
        for mark, ratio, name in _ROW.findall(compared)
    ]


def prepare(folder: Path, slowdown: int) -> None:
    """Let both tools build the branch and its base, so that no timed run builds them."""
    if not (Path.home() / ".asv-machine.json").exists():
        call([sys.executable, "-m", "asv", "machine", "--yes"], folder)
    run_gate(folder, slowdown, Load.QUIET, ["--quick"])
    asv = [sys.executable, "-m", "asv", "continuous", "--quick", BASE, branch(slowdown)]
    code, output, _ = call(asv, folder)
    if "BENCHMARKS" not in output:
        raise MeasurementError(f"asv ended with code {code}: {last_words(output)}")


def rounded(log_ratios: Sequence[float]) -> Iterator[float]:
    """As short as they may be without a loss: a file of runs is kept for years."""
    return (round(value, LOG_RATIO_DIGITS) for value in log_ratios)


def call(command: Sequence[str], folder: Path) -> tuple[int, str, float]:
    """Exit code, output and seconds of a command in ``folder``."""
    # asv looks for a python3.X on the search path, where a version manager's may not run.
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    python_path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    start_s = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"PATH": search, "PYTHONPATH": python_path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            output, _ = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise MeasurementError(f"no end after {LIMIT_S:.0f} s: {' '.join(command)}") from error
        except KeyboardInterrupt:
            # It got the signal as well: let it clean up, then make sure.
            try:
                process.wait(PARTING_S)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
    return process.returncode, output, time.perf_counter() - start_s


def last_words(output: str) -> str:
    """The last line of what a command said."""
    lines = [line for line in output.splitlines() if line.strip()]
    return " ".join(lines[-1].split()) if lines else "it said nothing"
