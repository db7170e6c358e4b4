"""An asv project with any number of benchmarks, some of which one branch makes slower.

Benchmark k of n is pure Python and takes about 20 us * 1000**(k / (n - 1)): from 20 us to 20 ms,
evenly spaced by their logarithms. Five kinds of work alternate. ``base`` and ``equal`` differ in a
comment only; ``slower`` makes some benchmarks, evenly spaced, slower by exact numbers of turns.
With noise, each process that imports the project draws a number of turns around that for each
benchmark, so that pairs of processes differ as on a machine where they do.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import MeasurementError
from scripts.repositories import check_empty, commit, git

BASE, EQUAL, SLOWER = "base", "equal", "slower"
SHORTEST_S = 20e-6
LONGEST_S = 20e-3
# As many as one of a project's modules may have.
OF_A_MODULE = 25
# A percentage of this many turns is a whole number of turns.
UNIT_TURNS = 100
# With more, some process would draw no turns at all.
MOST_NOISE = 20
_FACTS = "large.json"
# The seconds that a turn of each takes, roughly: on 2 x AMD EPYC, Python 3.11.
KINDS = {
    "arithmetic": 40e-9,
    "table": 50e-9,
    "calls": 60e-9,
    "lists": 65e-9,
    "texts": 100e-9,
}
_WORK = '''"""Loops in which every turn costs the same."""

KEYS = tuple(f"key{number}" for number in range(16))
TABLE = dict.fromkeys(KEYS, 1)


def arithmetic(turns):
    state = 1
    for _ in range(turns):
        state = (state * 69_069 + 1) & 0xFFFF
    return state


def table(turns):
    total = 0
    for turn in range(turns):
        total += TABLE[KEYS[turn & 15]]
    return total


def _next(value):
    return value + 1


def calls(turns):
    value = 0
    for _ in range(turns):
        value = _next(value)
    return value


def lists(turns):
    items = []
    for turn in range(turns):
        items.append(turn)
        if turn & 63 == 63:
            items.clear()
    return items


def texts(turns):
    length = 0
    for turn in range(turns):
        length += len(f"{turn & 255}, {length & 255}")
    return length
'''
_CONFIGURATION = {
    "version": 1,
    "project": "large",
    "project_url": "#",
    "repo": ".",
    "branches": [BASE],
    "dvcs": "git",
    "environment_type": "virtualenv",
    "matrix": {"req": {"setuptools": ["84.2.1"], "pip+asv_runner": ["0.3.2"]}},
    "build_command": [
        "python -m pip wheel --no-deps --no-build-isolation -w {build_cache_dir} {build_dir}"
    ],
    "install_command": [
        "in-dir={env_dir} python -m pip install --no-deps --force-reinstall {wheel_file}"
    ],
    "benchmark_dir": "benchmarks",
    "env_dir": ".asv/env",
    "results_dir": ".asv/results",
    "html_dir": ".asv/html",
}
_SETUP = """from setuptools import setup

setup(name="large", version="1", packages=["large"])
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How many ``benchmarks`` there are, and how many are made ``slower``, by ``percent``.

    ``noise`` is the standard deviation between pairs that is made, in per cent of the time.
    Raises MeasurementError for what makes no such suite.
    """

    benchmarks: int
    slower: int
    percent: int
    noise: float = 0.0

    def __post_init__(self) -> None:
        if not 2 <= self.benchmarks <= 10_000:
            raise MeasurementError(f"{self.benchmarks} benchmarks: give 2 to 10000")
        if not 0 <= self.slower <= self.benchmarks:
            raise MeasurementError(f"{self.slower} of {self.benchmarks} cannot be slower")
        if not 0 <= self.percent <= 1000:
            raise MeasurementError(f"slower by {self.percent} %: give 0 to 1000")
        if not 0 <= self.noise <= MOST_NOISE:
            raise MeasurementError(f"noise of {self.noise:g} %: give 0 to {MOST_NOISE}")

    def turns(self, number: int) -> int:
        """Of benchmark ``number``, from 0, on ``base``: a multiple of ``UNIT_TURNS``."""
        part = number / (self.benchmarks - 1)
        seconds = SHORTEST_S * math.pow(LONGEST_S / SHORTEST_S, part)
        return UNIT_TURNS * max(1, round(seconds / list(KINDS.values())[number % 5] / UNIT_TURNS))

    @property
    def made_slower(self) -> list[str]:
        """The names of those that ``slower`` makes slower, evenly spaced."""
        step = self.benchmarks / self.slower if self.slower else 0.0
        return [name(int((number + 0.5) * step)) for number in range(self.slower)]


def name(number: int) -> str:
    """The benchmark's name as the gate prints it."""
    return f"part_{number // OF_A_MODULE:03d}.time_{number:04d}"


def make(folder: Path, size: Size) -> None:
    """Write the project into ``folder`` as a git repository, with ``base`` checked out.

    A folder that holds it already is left as it is. Raises MeasurementError if something else is
    there, another size too, or git refuses.
    """
    facts = [size.benchmarks, size.slower, size.percent, size.noise]
    if (folder / _FACTS).exists():
        if json.loads((folder / _FACTS).read_text(encoding="utf-8")) != facts:
            raise MeasurementError(f"{folder} holds a suite of another size; give a new folder")
        return
    check_empty(folder)
    _write(folder / _FACTS, json.dumps(facts))
    _write(folder / "asv.conf.json", json.dumps(_CONFIGURATION, indent=4))
    _write(folder / "setup.py", _SETUP)
    _write(folder / ".gitignore", ".asv/\nbuild/\n*.egg-info/\n__pycache__/\n")
    _write(folder / "large/__init__.py", "")
    _write(folder / "large/work.py", _WORK)
    _write(folder / "large/turns.py", _turns(size, BASE))
    _write(folder / "benchmarks/__init__.py", "")
    for first in range(0, size.benchmarks, OF_A_MODULE):
        numbers = range(first, min(first + OF_A_MODULE, size.benchmarks))
        module = name(first).partition(".")[0]
        _write(folder / f"benchmarks/{module}.py", _module(numbers))
    git(folder, "init", "--quiet", f"--initial-branch={BASE}")
    commit(folder, "Take all turns")
    for branch in (EQUAL, SLOWER):
        git(folder, "switch", "--quiet", "--create", branch, BASE)
        _write(folder / "large/turns.py", _turns(size, branch))
        commit(folder, f"Take the turns of {branch}")
    git(folder, "switch", "--quiet", BASE)


def _module(numbers: range) -> str:
    kinds = list(KINDS)
    functions = (
        f"def time_{number:04d}():\n    work.{kinds[number % 5]}(TURNS[{number}])\n"
        for number in numbers
    )
    return "\n\n".join(["from large import work\nfrom large.turns import TURNS\n", *functions])


def _turns(size: Size, branch: str) -> str:
    slower = set(size.made_slower) if branch == SLOWER else set()
    turns = [
        size.turns(number) * (100 + (size.percent if name(number) in slower else 0)) // 100
        for number in range(size.benchmarks)
    ]
    lines = [f"# {branch}", f"TURNS = {turns}"]
    if size.noise:
        # Of two processes of a pair, each has a part.
        each = size.noise / 100 / math.sqrt(2)
        lines = ["import random", *lines]
        lines.append(f"TURNS = [max(1, round(t * random.gauss(1.0, {each:g}))) for t in TURNS]")
    return "\n".join([*lines, ""])


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
