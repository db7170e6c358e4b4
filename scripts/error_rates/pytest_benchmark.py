"""pytest-benchmark's own gate on two branches: run base, store, run head, fail above a limit.

As its documentation has it: one pytest for each commit, one after the other, in one environment;
here that of the Python that runs this.
"""

import json
import re
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from hotloop.base.errors import MeasurementError
from hotloop.base.files import remove
from scripts.gate_and_asv import ROOT, Answer, call, commit_of, last_words
from scripts.repositories import git

_PYTEST = (sys.executable, "-m", "pytest", "--benchmark-only", "-q", "-p", "no:cacheprovider")
# `test_loop - Field 'mean' has failed PercentageRegressionCheck: 7.1 > 5.0`
_FAILED = re.compile(r"(\S+) - Field '(\w+)' has failed \w+Check")


def prepare(project: Path, branch: str) -> None:
    """Check out ``branch`` beside ``project`` and build its extension there, once.

    Raises MeasurementError if it cannot be built.
    """
    place = _place(project, branch)
    if place.exists():
        return
    git(project, "clone", "--quiet", "--branch", branch, str(project), str(place))
    code, output, _ = call([sys.executable, "setup.py", "-q", "build_ext", "--inplace"], place)
    if code:
        remove(place)
        raise MeasurementError(f"{branch} cannot be built: {last_words(output)}")


def ask(project: Path, base: str, head: str, fields: Mapping[str, int]) -> dict[str, Answer]:
    """One run of pytest on base and one on head, judged by each of ``fields`` (``mean``: 5 %).

    Benchmarks are called as pytest-benchmark calls them. Raises MeasurementError if pytest
    measured nothing.
    """
    limits = [f"--benchmark-compare-fail={field}:{limit}%" for field, limit in fields.items()]
    started = time.time()
    with tempfile.TemporaryDirectory() as scratch:
        stored = f"--benchmark-storage=file://{scratch}"
        _, before = _run(_place(project, base), scratch, "base", stored)
        compare = (stored, "--benchmark-compare=0001", *limits)
        output, after = _run(_place(project, head), scratch, "head", *compare)
    seconds = time.time() - started
    failed = _FAILED.findall(output)
    return {
        field: Answer(
            slower=tuple(name for name, why in failed if why == field),
            faster=(),
            undecided=(),
            ratios={name: after[name][field] / before[name][field] for name in after},
            exit_code=int(any(why == field for _, why in failed)),
            seconds=seconds,
            building_seconds=None,
            started=started,
            pairs={},
            commit=commit_of(ROOT),
        )
        for field in fields
    }


def _run(
    folder: Path, scratch: str, name: str, *options: str
) -> tuple[str, dict[str, Mapping[str, float]]]:
    """What pytest says, and the statistics of each benchmark."""
    code, output, _ = call([*_PYTEST, f"--benchmark-save={name}", *options], folder)
    files: Sequence[Path] = list(Path(scratch).rglob(f"*_{name}.json"))
    if not files:
        raise MeasurementError(f"pytest ended with code {code}: {last_words(output)}")
    rows = json.loads(files[0].read_text(encoding="utf-8"))["benchmarks"]
    return output, {row["name"]: row["stats"] for row in rows}


def _place(project: Path, branch: str) -> Path:
    return project.parent / f"{project.name}-{branch}"
