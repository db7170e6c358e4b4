"""Which tests are benchmarks: collected by pytest itself, in each side's python."""

import contextlib
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hotloop.base.errors import MeasurementError
from hotloop.gate.advice import PYTEST, advised
from hotloop.gate.model import CHECKOUT, LARGEST_BATCH, Benchmark, Contender, Kind
from hotloop.gate.source.project import Project
from hotloop.gate.suites.pytests.checkouts import CHECKOUTS
from hotloop.gate.suites.pytests.configured import settings_of
from hotloop.gate.suites.pytests.names import NO_PACKAGES
from hotloop.gate.suites.search import Search
from hotloop.gate.suites.suite import Suite, matches, none_matches, some

RUNNERS = ("_pytest", "pytest", "pluggy", "pytest_benchmark")
# pytest-benchmark asks for the commit's name when it is loaded.
ASKING = ("utils.py",)
# Empty is unset. Often it is set in containers, and then each process would compile the project and
# rewrite its tests anew: a fifth of its start.
KEEP_BYTE_CODE = ("PYTHONDONTWRITEBYTECODE", "")
# The folders of libraries; the second is Debian's.
LIBRARIES = ("site-packages", "dist-packages")

Listing = Mapping[str, Any]
"""What ``hotloop.gate.worker.pytests.listing.write_list`` writes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """``paths`` that pytest collects (none: as its settings say) and more ``arguments`` for it."""

    paths: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()


def describe(project: Project, side: Contender, folder: Path, asked: Asked) -> Contender:
    """``side`` with its suite: a file with what a worker has to know of the one in ``folder``.

    The settings are those that pytest would find for the paths that are asked for, also where it
    gets others: single files. They are looked for no further up than the checkout that ``folder``
    lies in.
    """
    top = project.gate_folder / CHECKOUTS[side.side]
    settings = _settings(top, folder, asked.paths)
    if settings is None:
        # Otherwise those of the working tree, which is above it, would count.
        settings = project.gate_folder / "none.ini"
        settings.write_text("[pytest]\n", encoding="utf-8")
        arguments = [f"--rootdir={folder}", f"--confcutdir={folder}"]
    else:
        arguments = [f"--rootdir={settings.parent}"]
    arguments += ["-c", str(settings), *asked.arguments]
    file = project.gate_folder / f"pytest-{side.side.value}.json"
    side = replace(
        side,
        suite=file,
        places=(*side.places, (str(top), CHECKOUT)),
        variables=(*side.variables, KEEP_BYTE_CODE),
    )
    described = {
        "folder": str(folder),
        "paths": list(asked.paths),
        "arguments": arguments,
        "places": dict(side.places),
        "runners": runners_of(side),
        "asking": [f"{runner}{file}" for runner in runners_of(side) for file in ASKING],
    }
    file.write_text(json.dumps(described), encoding="utf-8")
    return side


def _settings(top: Path, folder: Path, paths: Sequence[str]) -> Path | None:
    """pytest's settings for ``paths`` in ``folder``: of what they have in common, or above it."""
    there = [Path(os.path.normpath(folder / path.partition("::")[0])) for path in paths]
    there = [path if path.is_dir() else path.parent for path in there if path.exists()]
    below = Path(os.path.commonpath(there)) if there else folder
    found = (settings_of(each) for each in (below, *below.parents) if each.is_relative_to(top))
    return next((file for file in found if file is not None), None)


def runners_of(side: Contender) -> list[str]:
    """Where the libraries lie that run the tests, unless they are the project itself."""
    return [
        f"{os.sep}{folder}{os.sep}{name}{os.sep}"
        for name in RUNNERS
        if name not in side.origin.names
        for folder in LIBRARIES
    ]


def collect(
    project: Project, head: Contender, base: Contender | None
) -> tuple[Listing, Listing | str | None]:
    """Head's tests, and base's own at the same time: None if it has none, or why not.

    Raises MeasurementError if head's cannot be collected at all.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotloop-")))

        def search(contender: Contender) -> Search:
            what = contender.side.value
            return stack.enter_context(Search(project, contender, what, folder, PYTEST))

        at_head = search(head)
        at_base = None if base is None else search(base)
        found = at_head.found()
        if at_base is None:
            return found, None
        try:
            return found, at_base.found()
        except MeasurementError as error:
            return found, str(error)


def suite_of(
    project: Project,
    head: Contender,
    listed: Listing,
    before: Listing | str | None,
    patterns: Sequence[re.Pattern[str]],
) -> Suite:
    """The benchmarks that match one of ``patterns``. Raises MeasurementError if none does."""
    names = [entry["name"] for entry in listed["benchmarks"]]
    if not names:
        raise MeasurementError(_no_benchmark(head, listed))
    chosen = [entry for entry in listed["benchmarks"] if matches(entry["name"], patterns)]
    if not chosen:
        raise none_matches(patterns, names)
    gone: Sequence[str] = ()
    warnings = list(_about(head, listed))
    if isinstance(before, str):
        warnings.append(f"what head's suite dropped is not known: {before}")
    elif before is not None:
        known = set(names)
        then = [entry["name"] for entry in before["benchmarks"]]
        gone = [name for name in then if name not in known and matches(name, patterns)]
    groups = _together([entry["file"] for entry in chosen])
    benchmarks = tuple(_benchmark(project, entry, groups[entry["file"]]) for entry in chosen)
    return Suite(benchmarks, tuple(gone), tuple(warnings))


def _together(files: Sequence[str]) -> dict[str, str]:
    """The first of the files that each file is collected with, by the file of each benchmark.

    Where each file has a test or two, starting pytest would otherwise be most of a pair's cost.
    """
    groups: list[list[str]] = []
    room = 0
    for file, number in Counter(files).items():
        if number > room:
            groups.append([])
            room = LARGEST_BATCH
        groups[-1].append(file)
        room -= number
    return {file: group[0] for group in groups for file in group}


def _benchmark(project: Project, entry: Mapping[str, str], group: str) -> Benchmark:
    return Benchmark(
        name=entry["name"],
        params=(),
        combination=None,
        kind=Kind.TIME,
        unit="seconds",
        timeout_s=project.benchmark_timeout_s,
        identity=json.dumps({"name": entry["name"], "file": entry["file"]}),
        file=entry["file"],
        group=group,
    )


def _no_benchmark(head: Contender, listed: Listing) -> str:
    what = f"no benchmark among the {listed['tests']} tests at head, {head.revision.text}"
    if listed["deselected"]:
        return (
            f"{what}: the project's configuration leaves out {listed['deselected']} of them; "
            "--pytest-args says otherwise, as in --pytest-args='-m benchmark'"
        )
    for why in ("failures", "skips"):
        if listed[why]:
            return _with_advice(f"{what}: {_reasons(listed[why])}", head)
    if not listed["tests"]:
        patterns = ", ".join(listed["patterns"])
        return (
            f"{what}: pytest looks for them in files that are called {patterns} (python_files); "
            "name the file, or say otherwise, as in --pytest-args='-o python_files=bench_*.py'"
        )
    return f"{what}: one uses the fixture `benchmark`, as in def test_x(benchmark): benchmark(f)"


def _about(head: Contender, listed: Listing) -> list[str]:
    said = []
    if listed["failures"]:
        reasons = _reasons(listed["failures"])
        said.append(
            _with_advice(f"not judged, as they cannot be collected at head: {reasons}", head)
        )
    if listed["skips"]:
        said.append(f"not judged, as they skip themselves at head: {_reasons(listed['skips'])}")
    if listed["switched_off"]:
        off = " and ".join(listed["switched_off"])
        said.append(f"the configuration's {off} would spoil the times: switched off here")
    if listed["options"]:
        options = ", ".join(listed["options"])
        said.append(
            f"no meaning here: {options} of the benchmark mark; the gate decides how often it "
            "calls, always without garbage collection"
        )
    return said


def _with_advice(words: str, head: Contender) -> str:
    """What to do about a module that tests lack, unless it is the project's or the tests' own."""
    missing = re.search(r"No module named '(\w+)", words)
    own = NO_PACKAGES.union(name.partition(".")[0] for name in head.origin.names)
    return words if missing is None or missing[1] in own else advised(words, PYTEST)


def _reasons(reasons: Mapping[str, str]) -> str:
    return some([f"{name or 'the suite'} ({why})" for name, why in reasons.items()])


def without_missing(asked: Asked, folder: Path) -> Asked | None:
    """The paths that a checkout has; None: none of those that are asked for."""
    there = tuple(p for p in asked.paths if (folder / p.partition("::")[0]).exists())
    if asked.paths and not there:
        return None
    return replace(asked, paths=there)
