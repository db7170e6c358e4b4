"""``scripts/gate-layouts``: compiled functions at other addresses, timed in turns in one process.

Two tables. In the first, one C file is shifted by a few bytes: how much addresses matter on this
processor. In the second are the inert commits: head over base for the libraries as they were
built, and linked anew with every function at the same address on both sides. No gate is involved:
this is about the effect alone, which fine turns on one core show in seconds.
"""

import argparse
import json
import math
import os
import shlex
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import MeasurementError
from hotloop.gate.build import kits, stand_ins
from hotloop.gate.build.kits import Link, Pair
from scripts import frame, records
from scripts.inert import project
from scripts.inert.changes import Code
from scripts.inert.project import Comparison
from scripts.repositories import git
from scripts.tables import table

PROJECT = "project"
RESULTS = "layouts.jsonl"
SHIFTS_BYTES = range(0, 64, 8)
# Nothing else may decide where a function begins, and where a loop in it.
UNALIGNED = (
    *("-falign-functions=1", "-fno-align-loops", "-fno-align-jumps", "-fno-align-labels"),
    "-fno-toplevel-reorder",
)
ROUNDS = 100
TURNS: Mapping[Code, Mapping[str, int]] = {
    Code.C: {"collatz": 400, "search": 400, "states": 100, "calls": 30_000},
    Code.CYTHON: {"chain": 60_000, "collatz": 400, "search": 400, "calls": 30_000},
}
# Times all functions of all libraries in turns; prints the medians of log(time / the round's).
TIMER = """
import importlib.machinery, importlib.util, json, math, os, random, statistics, sys, time, gc
name, turns, paths, rounds = json.loads(sys.stdin.read())
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
gc.disable()
clock = time.thread_time_ns
modules = []
for path in paths:
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    modules.append(module)
found = {}
for function, count in turns.items():
    calls = [getattr(module, function) for module in modules]
    rows = [[] for _ in calls]
    for _ in range(rounds):
        taken = [0] * len(calls)
        for place in random.sample(range(len(calls)), len(calls)):
            call = calls[place]
            call(count)
            start = clock()
            call(count)
            call(count)
            taken[place] = clock() - start
        middle = statistics.median(taken)
        for row, one in zip(rows, taken):
            row.append(math.log(one / middle))
    found[function] = [statistics.median(row) for row in rows]
print(json.dumps(found), flush=True)
# A library that is loaded many times is not unloaded well.
os._exit(0)
"""
USAGE = """
  .venv/bin/python scripts/gate-layouts FOLDER
  .venv/bin/python scripts/gate-layouts --report docs/records/layouts.jsonl
"""


@dataclass(frozen=True, slots=True)
class Timed:
    """One function of one comparison: log(head/base) as built, and in each layout.

    ``levels`` are log(time) of base in each layout, from an origin of its own. ``load`` is the load
    average of the machine.
    """

    kind: str
    base: str
    head: str
    function: str
    as_built: float
    placed: tuple[float, ...]
    levels: tuple[float, ...]
    load: float


def main(arguments: Sequence[str]) -> int:
    """Build, time and print; returns the exit code."""
    parser = frame.parser(
        "gate-layouts", "What the place of machine code in memory costs here.", USAGE
    )
    parser.add_argument("folder", nargs="?", type=Path, help="where the project is made, once")
    parser.add_argument("--layouts", type=int, default=8, help="(default: %(default)s)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="print the tables, run nothing")
    namespace = parser.parse_args(arguments)
    return frame.exit_code("gate-layouts", lambda: _run(namespace))


def _run(namespace: argparse.Namespace) -> int:
    if namespace.report is not None:
        print(render(records.read(namespace.report, Timed)), end="")
        return 0
    if namespace.folder is None:
        raise MeasurementError("name a folder for the project, or --report FILE")
    folder = namespace.folder.absolute()
    project.make(folder / PROJECT)
    print("\n".join(_shifts()), flush=True)
    results = folder / RESULTS
    there = records.read(results, Timed) if results.exists() else []
    done = {timed.head for timed in there}
    kept: dict[str, dict[str, Link]] = {}
    for comparison in project.comparisons():
        if comparison.head not in done:
            for branch in (comparison.base, comparison.head):
                if branch not in kept:
                    kept[branch] = _built(folder, branch)
            for timed in _compared(comparison, kept, namespace.layouts):
                records.append(results, timed)
            print(f"{comparison.head} is done", file=sys.stderr, flush=True)
    print(render(records.read(results, Timed)), end="")
    return 0


def render(timed: Sequence[Timed]) -> str:
    """A row for each function: the spread between builds as they are, and placed alike."""
    head = (
        "function",
        "builds",
        "as built: sd",
        "largest",
        "placed alike: sd",
        "largest",
        "levels",
    )
    rows = []
    for function in dict.fromkeys(one.function for one in timed):
        own = [one for one in timed if one.function == function]
        placed = [d for one in own for d in one.placed]
        levels = [level - statistics.median(one.levels) for one in own for level in one.levels]
        rows.append(
            (
                *(function, str(len({name for one in own for name in (one.base, one.head)}))),
                *(_percent(_sd([one.as_built for one in own])),),
                _percent(max((one.as_built for one in own), key=abs), "+"),
                *(_percent(_sd(placed)), _percent(max(placed, key=abs), "+")),
                _percent(_sd(levels)),
            )
        )
    return "\n".join([*table(head, rows), ""])


def _sd(values: Sequence[float]) -> float:
    """Around 0: nothing should cost anything."""
    return math.sqrt(statistics.fmean(value * value for value in values))


def _percent(log_ratio: float, sign: str = "") -> str:
    return f"{100 * math.expm1(log_ratio):{sign}.2f}"


def _shifts() -> list[str]:
    """The first table: one file, shifted."""
    with tempfile.TemporaryDirectory() as scratch:
        libraries = []
        text = (project.TEMPLATE / project.PACKAGE / Code.C.value).read_text(encoding="utf-8")
        for shift in SHIFTS_BYTES:
            source = Path(scratch) / f"{shift}.c"
            skipped = f'__asm__(".text\\n.p2align 6\\n.fill {shift}, 1, 0x90\\n");\n'
            source.write_text(skipped + text, encoding="utf-8")
            libraries.append(_compile(source))
        found = _time("native", TURNS[Code.C], libraries)
    head = ("per cent, shifted by", *(f"{shift} bytes" for shift in SHIFTS_BYTES))
    rows = []
    for function, levels in found.items():
        fastest = min(levels)
        rows.append((function, *(_percent(level - fastest, "+") for level in levels)))
    return table(head, rows)


def _compile(source: Path) -> Path:
    target = source.with_suffix(".so")
    flags = shlex.split(sysconfig.get_config_var("CFLAGS") or "")
    include = sysconfig.get_paths()["include"]
    command = ["gcc", *flags, *UNALIGNED, "-fPIC", "-shared", f"-I{include}"]
    _call([*command, str(source), "-o", str(target)])
    return target


def _built(folder: Path, branch: str) -> dict[str, Link]:
    """The libraries of a branch with their objects, by the module's name."""
    place, kit = folder / branch / "source", folder / branch / "kit"
    # An earlier call may have left it, whole or not.
    left = _by_module(kits.read(kit))
    if all(code.module in left for code in TURNS):
        return left
    if not place.exists():
        git(folder / PROJECT, "worktree", "add", "--detach", "--force", str(place), branch)
    # Whatever an interrupted build has linked would not be linked again.
    git(place, "clean", "-fdxq")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    present = os.environ | {"PATH": path}
    variables = present | stand_ins.prepare(kit, present)
    wheel = ["-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    _call([sys.executable, *wheel, "-w", str(kit / "wheel"), str(place)], variables)
    return _by_module(kits.read(kit))


def _by_module(links: Mapping[str, Link]) -> dict[str, Link]:
    return {Path(path).name.partition(".")[0]: link for path, link in links.items()}


def _compared(
    comparison: Comparison, kept: Mapping[str, Mapping[str, Link]], layouts: int
) -> list[Timed]:
    found = []
    for code, turns in TURNS.items():
        links = [kept[branch][code.module] for branch in (comparison.base, comparison.head)]
        pair = Pair.of(*links)
        with tempfile.TemporaryDirectory() as scratch:
            libraries = [link.folder / "output" for link in links]
            for seed in range(layouts):
                made = (Path(scratch) / f"base-{seed}.so", Path(scratch) / f"head-{seed}.so")
                for library, content in zip(made, pair.make(seed, Path(scratch)), strict=True):
                    library.write_bytes(content)
                libraries += made
            name = f"{project.PACKAGE}.{code.module}"
            # A module of the package may import a new one.
            with zipfile.ZipFile(_wheel(links[1])) as wheel:
                wheel.extractall(scratch)
            timed = _time(name, turns, libraries, scratch)
        for function, levels in timed.items():
            differences = [h - b for b, h in zip(levels[::2], levels[1::2], strict=True)]
            found.append(
                Timed(
                    kind=comparison.kind,
                    base=comparison.base,
                    head=comparison.head,
                    function=f"{code.module}.{function}",
                    as_built=differences[0],
                    placed=tuple(differences[1:]),
                    levels=tuple(levels[2::2]),
                    load=os.getloadavg()[0],
                )
            )
    return found


def _wheel(link: Link) -> Path:
    (wheel,) = (link.folder.parents[1] / "wheel").glob("*.whl")
    return wheel


def _time(
    name: str, turns: Mapping[str, int], libraries: Sequence[Path], package: str = ""
) -> dict[str, list[float]]:
    """For each function, log(time) in each library, from a common origin."""
    request = json.dumps([name, dict(turns), list(map(str, libraries)), ROUNDS])
    variables = os.environ | {"PYTHONPATH": package}
    told = _call([sys.executable, "-c", TIMER], variables, request)
    found: dict[str, list[float]] = json.loads(told)
    return found


def _call(
    command: Sequence[str], variables: Mapping[str, str] | None = None, text: str = ""
) -> str:
    done = subprocess.run(
        command, env=variables, input=text, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise MeasurementError(f"{Path(command[0]).name} ended with {done.returncode}: {said}")
    return done.stdout
