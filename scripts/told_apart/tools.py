"""What each tool says of two functions of a file: which is faster, or nothing.

The decision is the tool's own where it makes one: hotloop's verdict, pyperf's "significant". timeit
and hyperfine leave it to the reader; here, a reader who believes what is printed: timeit's best
times if they differ by half a per cent, hyperfine's factor if it is more than its own ± from 1.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from hotloop.base.errors import MeasurementError

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

Says = Callable[[Path], str]
"""Gets a folder with ``pair.py``; returns "one", "other" (the faster) or "neither"."""


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


def hotloop(folder: Path) -> str:
    """Its verdict, at the default effort."""
    command = [sys.executable, "-m", "hotloop", "compare", "pair.py:one", "pair.py:other"]
    _run([*command, "--quiet", "--json", "r.json"], folder)
    factor = json.loads((folder / "r.json").read_text())["contenders"][1]["factor"]
    if factor["low"] > 1:
        return "other"
    return "one" if factor["high"] < 1 else "neither"


def timeit(folder: Path) -> str:
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
    return _faster(best[0], best[1], BELIEVED)


def pyperf(folder: Path) -> str:
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
        return "one"
    return "other" if "faster" in said else "neither"


def hyperfine(folder: Path) -> str:
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
    return _faster(1.0, ratio, error)


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
