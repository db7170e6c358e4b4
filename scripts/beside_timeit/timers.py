"""The same call timed in several ways; each gives seconds per call, by variant."""

import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from hotloop.base.conditions import read_conditions
from hotloop.base.errors import MeasurementError
from hotloop.compute.result import load
from implementations import registry

ROOT = Path(__file__).resolve().parents[2]
SETUP = (
    "from implementations.problems import Problem; from implementations.workload import prepare; "
    "call = prepare({name!r}, Problem({width}, {height}, {steps}, (-2.5, 0.5, -1.2, 1.2))).call"
)
# timeit in a fresh process, as its own command does it, but with every repetition told.
TIMEIT = """
import json, os, timeit
cpu = {cpu}
if cpu is not None:
    os.sched_setaffinity(0, {{cpu}})
{setup}
timer = timeit.Timer(call)
number, _ = timer.autorange()
print(json.dumps([seconds / number for seconds in timer.repeat(5, number)]))
"""
# A process keeps the luck of its memory layout for life; compute has five of them too.
PROCESSES = 5

Timer = Callable[[Sequence[str]], dict[str, float]]


def timers(width: int, height: int, steps: int, budget_s: float) -> dict[str, Timer]:
    """By column: timeit, pyperf if it is installed, and compute with each set of variants."""
    size = {"width": width, "height": height, "steps": steps}
    problem = ["--size", f"{width}x{height}", "--steps", str(steps), "--budget", str(budget_s)]

    def each(one: Callable[[str], float]) -> Timer:
        return lambda names: {name: one(name) for name in names}

    found = {
        "timeit": each(lambda name: _timeit(name, SETUP.format(name=name, **size))),
        "pyperf": each(lambda name: _pyperf(name, SETUP.format(name=name, **size))),
        "alone": each(lambda name: _compute([name], problem)[name]),
        "among a few": lambda names: _compute(names, problem),
        "whole ladder": lambda names: _compute([], problem),
    }
    if importlib.util.find_spec("pyperf") is None:
        del found["pyperf"]
    return found


def _timeit(name: str, setup: str) -> float:
    code = TIMEIT.format(cpu=_cpu_of(name), setup=setup)
    return _median([json.loads(_output(["-c", code])) for _ in range(PROCESSES)])


def _pyperf(name: str, setup: str) -> float:
    cpu = _cpu_of(name)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "pyperf.json")
        options = ["-q", f"-p{PROCESSES}", "-o", str(file)]
        if cpu is not None:
            options.append(f"--affinity={cpu}")
        _output(["-m", "pyperf", "timeit", *options, "-s", setup, "call()"])
        (benchmark,) = json.loads(file.read_text())["benchmarks"]
    # The runs that only calibrate have no values.
    return _median([run.get("values", []) for run in benchmark["runs"]])


def _median(processes: Sequence[Sequence[float]]) -> float:
    return float(statistics.median(seconds for process in processes for seconds in process))


def _compute(names: Sequence[str], problem: Sequence[str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "compute.json")
        _output(["-m", "hotloop", "compute", *names, *problem, "--quiet", "--json", str(file)])
        timed = load(file).variants
    return {row.name: row.seconds.median for row in timed if row.seconds is not None}


def _cpu_of(name: str) -> int | None:
    """Where compute would pin that variant now; None: it may use all."""
    if registry.get(name).threads is not registry.Threads.ONE:
        return None
    return read_conditions().idlest_cpu


def _output(arguments: Sequence[str]) -> str:
    """What a fresh Python prints. Raises MeasurementError with its last lines if it fails."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
        asked = " ".join(arguments[:3]).splitlines()[0]
        raise MeasurementError(f"python {asked} ended with {done.returncode}: {words}")
    return done.stdout
