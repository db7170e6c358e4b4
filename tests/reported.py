"""Stored results of every kind that ``hotloop report`` shows, for tests of its page."""

from dataclasses import replace
from pathlib import Path

from hotloop.compute.result import Picture, Source
from hotloop.reports.kinds import KINDS
from tests import calibrations, diffs, fault_runs, gate_runs, streams, trap_results

ALL_OK = diffs.COMPUTE / "all_ok.json"
_STREAMS = streams.results()
# More that are as they should be than anybody reads, and one that stands out.
_LONG = gate_runs.result(
    *(replace(gate_runs.SAME[0], name=f"suite.time_steady_{n}") for n in range(40)),
    gate_runs.SLOWER,
)
_LADDER = KINDS["hotloop.compute/1"].form.load(ALL_OK)
_PYTHON = 'def f(x):\n    return "<script>" + x\n'
_SOURCES = {
    "python": Source("python_mandel.py", _PYTHON, None),
    "hybrid": Source("python_mandel.py", _PYTHON, "python"),
    "cython": Source("cython_mandel.pyx", _PYTHON.replace("f(x)", "f(double x)"), "python"),
}
# With everything to read in it, and names that a page must not believe.
RUNGS = replace(
    _LADDER,
    machine=replace(_LADDER.machine, command="hotloop compute --json '<b>.json'"),
    variants=tuple(replace(v, source=_SOURCES.get(v.name)) for v in _LADDER.variants),
    picture=Picture(("0123", "ffff", "89ab")),
    warnings=(f"the interval of {'n' * 900} is wide",),
)
# By the name of the file: the kind, and the result.
RESULTS = {
    "ladder": ("hotloop.compute/1", _LADDER),
    "rungs": ("hotloop.compute/1", RUNGS),
    "others": (
        "hotloop.compute/1",
        KINDS["hotloop.compute/1"].form.load(diffs.COMPUTE / "limit_and_others.json"),
    ),
    "own": (
        "hotloop.compare/1",
        KINDS["hotloop.compare/1"].form.load(diffs.COMPARISONS / "all_ok.json"),
    ),
    "traps": ("hotloop.traps/1", trap_results.RESULT),
    "stream": ("hotloop.stream/1", _STREAMS["all_ok"]),
    "loads": ("hotloop.stream/1", _STREAMS["loads"]),
    "fault": ("hotloop.stream-fault/1", fault_runs.RESULT),
    "gate": ("hotloop.gate/1", gate_runs.ENDINGS["every_ending"][0]),
    "many": ("hotloop.gate/1", gate_runs.ENDINGS["many"][0]),
    "explained": ("hotloop.gate/1", gate_runs.EXPLAINED),
    "long": ("hotloop.gate/1", _LONG),
    "calibration": ("hotloop.calibration/1", calibrations.RESULT),
    "diff": ("hotloop.diff/1", diffs.RESULT),
}


def write(folder: Path) -> list[str]:
    """A file for each in ``folder``; their paths."""
    files = [folder / f"{name}.json" for name in RESULTS]
    for file, (schema, result) in zip(files, RESULTS.values(), strict=True):
        file.write_text(KINDS[schema].form.to_json(result))
    return [str(file) for file in files]
