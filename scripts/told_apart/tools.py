"""What each tool says of two functions of a file: which is faster, or nothing.

The decision is the tool's own where it makes one: hotloop's verdict, pyperf's "significant". timeit
and hyperfine leave it to the reader; here, a reader who believes what is printed: timeit's best
times if they differ by half a per cent, hyperfine's factor if it is more than its own ± from 1.
"""

import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from hotloop.base.errors import MeasurementError
from hotloop.stats.neighbours import Turns, log_ratio, turns

# The two functions: ``turns`` of a loop, and a hundredth more or none.
FILE = """
def problem():
    return {turns}


def one(n):
    total = 0
    for k in range(int(n * 1.0)):
        total += k
    return 0


def other(n):
    total = 0
    for k in range(int(n * {factor})):
        total += k
    return 0
"""
TURNS = 2000
# hyperfine starts a process for each call: so many turns take longer than that.
COMMAND_TURNS = 1_000_000
BELIEVED = 0.005
HERE = Path(__file__).parents[2]
LIMIT_S = 600


@dataclass(frozen=True, slots=True)
class Said:
    """What a tool said: "one", "other" (the faster) or "neither", and the figures behind it."""

    says: str
    figures: Mapping[str, Any] = field(default_factory=dict)


Says = Callable[[Path], Said]
"""Gets a folder with ``pair.py``."""


def tools() -> Mapping[str, Says]:
    """Those that are installed here."""
    found: dict[str, Says] = {"hotloop compare": hotloop, "timeit": timeit}
    done = subprocess.run([sys.executable, "-c", "import pyperf"], capture_output=True, check=False)
    if done.returncode == 0:
        found["pyperf compare_to"] = pyperf
    if shutil.which("hyperfine"):
        found["hyperfine"] = hyperfine
    return found


def write_pair(folder: Path, factor: float) -> None:
    """``pair.py`` in a folder."""
    (folder / "pair.py").write_text(FILE.format(turns=TURNS, factor=factor))


def hotloop(folder: Path) -> Said:
    """Its verdict, at the default effort; with the factor of each set, to explain a miss."""
    command = [sys.executable, "-m", "hotloop", "compare", "pair.py:one", "pair.py:other"]
    _run([*command, "--quiet", "--json", "r.json"], folder)
    result = json.loads((folder / "r.json").read_text())
    one, other = result["contenders"]
    factor = other["factor"]
    figures = {
        "factor": [round(factor[key], 6) for key in ("low", "value", "high")],
        "sets": _factors_of_sets(one["seconds"], other["seconds"]),
        "measured_seconds": round(result["measured_seconds"], 2),
        "elapsed_seconds": round(result["elapsed_seconds"], 2),
    }
    if factor["low"] > 1:
        return Said("other", figures)
    return Said("one" if factor["high"] < 1 else "neither", figures)


def _factors_of_sets(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[float]:
    """The factor of each set, as the verdict takes it, but that the rounds are not stored."""
    pairs = zip(_sets(one), _sets(other), strict=True)
    return [round(math.exp(log_ratio(*pair)), 6) for pair in pairs]


def _sets(seconds: Mapping[str, Any]) -> list[Turns]:
    ends = accumulate(seconds["samples_per_process"], initial=0)
    return [turns(seconds["samples"][start:end], ()) for start, end in pairwise(ends)]


def timeit(folder: Path) -> Said:
    """The best of five of each, one after the other."""
    best = []
    for name in ("one", "other"):
        said = _run(
            [sys.executable, "-m", "timeit", "-u", "nsec", "-s", f"from pair import {name}",
             f"{name}({TURNS})"], folder,
        )  # fmt: skip
        match = re.search(r"best of \d+: ([\d.e+]+) nsec", said)
        assert match is not None, said
        best.append(float(match[1]))
    return Said(_faster(best[0], best[1], BELIEVED))


def pyperf(folder: Path) -> Said:
    """``pyperf timeit --fast`` of each, then what compare_to says."""
    for name in ("one", "other"):
        (folder / f"{name}.json").unlink(missing_ok=True)
        _run(
            [sys.executable, "-m", "pyperf", "timeit", "--fast", "-q", "-o", f"{name}.json",
             "--inherit-environ", "PYTHONPATH", "-s", f"from pair import {name}",
             f"{name}({TURNS})"], folder,
        )  # fmt: skip
    said = _run([sys.executable, "-m", "pyperf", "compare_to", "one.json", "other.json"], folder)
    if "slower" in said:
        return Said("one")
    return Said("other" if "faster" in said else "neither")


def hyperfine(folder: Path) -> Said:
    """Whole processes, ten runs of each or more, one command after the other."""
    commands = [
        f"{sys.executable} -c 'from pair import {name}; {name}({COMMAND_TURNS})'"
        for name in ("one", "other")
    ]
    _run(["hyperfine", "-N", "--export-json", "h.json", *commands], folder)
    one, other = json.loads((folder / "h.json").read_text())["results"]
    ratio = other["mean"] / one["mean"]
    error = (
        ratio * ((one["stddev"] / one["mean"]) ** 2 + (other["stddev"] / other["mean"]) ** 2) ** 0.5
    )
    return Said(_faster(1.0, ratio, error))


def _faster(one: float, other: float, margin: float) -> str:
    if abs(other / one - 1) <= margin:
        return "neither"
    return "one" if one < other else "other"


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(folder), str(HERE)))},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    if done.returncode != 0:
        raise MeasurementError(f"{' '.join(command[:5])}: {(done.stderr or done.stdout)[-300:]}")
    return done.stdout


def folder_of_pair(factor: float) -> tempfile.TemporaryDirectory[str]:
    """A folder with the pair, to be used as a context."""
    folder = tempfile.TemporaryDirectory(prefix="told-apart-")
    write_pair(Path(folder.name), factor)
    return folder
