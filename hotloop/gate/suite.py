"""Which benchmarks there are: head's suite, as asv_runner finds it in each side's python.

Both sides run head's suite, from a checkout of head's commit in the gate's folder. Base's
own suite is only looked through, for what is gone and what is new.
"""

import contextlib
import importlib.util
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotloop.errors import MeasurementError, UsageError
from hotloop.gate import submodules
from hotloop.gate.git import clean_environment
from hotloop.gate.model import Benchmark, Contender, Kind, Side
from hotloop.gate.project import Project
from hotloop.gate.revisions import Revision, Source

# Where in the gate's folder; base's is only looked through.
CHECKOUTS = {Side.BASE: "suite-of-base", Side.HEAD: "suite-of-head"}
# asv calls timeraw's type "time" as well; only the name tells them apart.
RAW_NAME = re.compile(r"(Timeraw[A-Z_].+)|(timeraw_.+)")
SHOWN_NAMES = 3
WORDS_CHARS = 300


@dataclass(frozen=True, slots=True)
class Suite:
    """What is to be run, and how the suite differs from base's.

    ``gone`` are labels of base's suite that head's lacks, ``new`` the reverse: base's code
    may run them all the same, and where it cannot, nothing is broken. ``warnings`` name
    what was found and cannot be judged.
    """

    benchmarks: tuple[Benchmark, ...]
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def compile_all(regexes: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    """``--bench`` as patterns; UsageError for one that is none."""
    try:
        return tuple(re.compile(regex) for regex in regexes)
    except re.error as error:
        raise UsageError(
            f"--bench {error.pattern!r} is no regular expression: {error.msg}"
        ) from error


def check_out(project: Project, source: Source, revision: Revision, side: Side) -> Path | None:
    """The suite's folder as of ``revision``, below the gate's; None: no suite at that commit.

    The whole commit is laid out, so that a suite finds files that it names relative to
    itself; asv_runner keeps the folder above it off sys.path. A suite that is not part of
    the project's repository has no commits: it is copied as it is now.
    """
    place = project.gate_folder / CHECKOUTS[side]
    inside = _inside(project, source)
    if inside is None:
        if not project.suite.is_dir():
            return None
        _empty(place)
        copied = place / project.suite.name
        shutil.copytree(project.suite, copied, ignore=shutil.ignore_patterns("__pycache__"))
        return copied
    stamp = project.gate_folder / f"{CHECKOUTS[side]}.commit"
    laid_out = place.is_dir() and stamp.is_file()
    if not (laid_out and stamp.read_text(encoding="ascii") == revision.commit):
        stamp.unlink(missing_ok=True)
        _empty(place)
        settings = source.settings(revision)
        submodules.lay_out(place, source.mirror, revision.commit, inside, settings)
        stamp.write_text(revision.commit, encoding="ascii")
    suite = place / inside
    return suite if suite.is_dir() else None


def discover(
    project: Project,
    head: Contender,
    base: Contender | None,
    patterns: Sequence[re.Pattern[str]],
) -> Suite:
    """Import both suites, each in its side's python; ``base`` is None where it has none.

    Raises MeasurementError where head's suite cannot be imported, has no benchmark, or
    none that ``patterns`` match (searched in asv's labels, any of them suffices).
    """
    earlier: list[dict[str, Any]] = []
    warnings: list[str] = []
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotloop-")))
        searches = [
            stack.enter_context(_Search(project, contender, folder))
            for contender in (head, base)
            if contender is not None
        ]
        found = searches[0].found()
        # A base whose own suite does not even import has nothing that could be gone.
        if base is not None:
            try:
                earlier = searches[1].found()
            except MeasurementError as error:
                warnings.append(f"what head's suite dropped is not known: {error}")
    benchmarks, unknown = expand(found, project.benchmark_timeout_s)
    if not benchmarks:
        raise MeasurementError(f"no benchmark in {project.suite} at head, {_short(head)}")
    chosen = _matching(benchmarks, patterns)
    if not chosen:
        wanted = " or ".join(f"--bench {pattern.pattern!r}" for pattern in patterns)
        raise MeasurementError(
            f"no benchmark matches {wanted}; the suite has {_some([b.label for b in benchmarks])}"
        )
    labels = {benchmark.label for benchmark in benchmarks}
    past, _ = expand(earlier, project.benchmark_timeout_s)
    known = {benchmark.label for benchmark in past}
    return Suite(
        chosen,
        gone=tuple(b.label for b in _matching(past, patterns) if b.label not in labels),
        new=tuple(b.label for b in chosen if b.label not in known),
        warnings=(*warnings, *(f"{name} is not judged: {why}" for name, why in unknown)),
    )


def expand(
    found: Iterable[Mapping[str, Any]], default_timeout_s: float
) -> tuple[tuple[Benchmark, ...], tuple[tuple[str, str], ...]]:
    """Benchmarks with each combination of their parameters, and (name, reason) of the others.

    ``found`` is what ``asv_runner discover`` writes. Combinations are numbered as asv
    numbers them; benchmarks that share a cached set-up get the longest of their limits.
    """
    by_name = {entry["name"]: entry for entry in found}
    cache_s: dict[str | None, float] = {}
    for entry in by_name.values():
        key = entry.get("setup_cache_key")
        limit_s = entry.get("setup_cache_timeout") or _timeout_s(entry, default_timeout_s)
        cache_s[key] = max(float(limit_s), cache_s.get(key, 0.0))
    benchmarks: list[Benchmark] = []
    unknown: list[tuple[str, str]] = []
    for name, entry in sorted(by_name.items()):
        kind = _kind(name, entry["type"])
        if kind is None:
            unknown.append((name, f"benchmarks of type {entry['type']!r} are unknown here"))
            continue
        combinations: Iterable[tuple[int | None, tuple[str, ...]]] = [(None, ())]
        if entry["params"]:
            combinations = enumerate(itertools.product(*entry["params"]))
        key = entry.get("setup_cache_key")
        benchmarks += [
            Benchmark(
                name=name,
                params=params,
                combination=number,
                kind=kind,
                unit=str(entry["unit"]),
                timeout_s=_timeout_s(entry, default_timeout_s),
                setup_cache_key=key,
                setup_cache_timeout_s=cache_s[key],
            )
            for number, params in combinations
        ]
    return tuple(benchmarks), tuple(unknown)


def _kind(name: str, asv_type: str) -> Kind | None:
    if asv_type == Kind.TIME.value and RAW_NAME.fullmatch(name.rpartition(".")[2]):
        return Kind.TIMERAW
    return next((kind for kind in Kind if kind.value == asv_type), None)


def _timeout_s(entry: Mapping[str, Any], default_s: float) -> float:
    timeout = entry.get("timeout")
    return default_s if timeout is None else float(timeout)


def _matching(
    benchmarks: Sequence[Benchmark], patterns: Sequence[re.Pattern[str]]
) -> tuple[Benchmark, ...]:
    return tuple(
        benchmark
        for benchmark in benchmarks
        if not patterns or any(pattern.search(benchmark.label) for pattern in patterns)
    )


def _some(labels: Sequence[str]) -> str:
    more = len(labels) - SHOWN_NAMES
    return ", ".join(labels[:SHOWN_NAMES]) + (f" and {more} others" if more > 0 else "")


def _short(contender: Contender) -> str:
    return Revision(contender.commit, contender.revision, contender.subject).text


def _inside(project: Project, source: Source) -> str | None:
    """The suite's path inside the repository; None: it lies elsewhere."""
    if source.tree is None:
        return None
    tree = source.tree.resolve()
    if not project.suite.is_relative_to(tree):
        return None
    inside = project.suite.relative_to(tree).as_posix()
    return "" if inside == "." else inside


def _empty(place: Path) -> None:
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(parents=True)


class _Search:
    """asv_runner at work in one side's python; its process group ends with the context."""

    def __init__(self, project: Project, contender: Contender, folder: Path) -> None:
        side = contender.side.value
        self._contender = contender
        self._limit_s = project.build_timeout_s
        self._deadline = time.monotonic() + self._limit_s
        self._result = folder / f"{side}.json"
        self._log = project.gate_folder / f"discover-{side}.log"
        work = folder / side
        work.mkdir()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    str(contender.python),
                    str(_asv_script()),
                    "discover",
                    str(contender.suite),
                    str(self._result),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=work,
                env=clean_environment() | dict(contender.variables),
                start_new_session=True,
            )

    def found(self) -> list[dict[str, Any]]:
        try:
            code = self._process.wait(max(0.0, self._deadline - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            raise self._failed(f"no end after {self._limit_s:.0f} s: it hangs") from error
        if code != 0:
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            words = self._log.read_text(errors="replace").strip().splitlines()
            raise self._failed(words[-1].strip()[:WORDS_CHARS] if words else how)
        try:
            found: list[dict[str, Any]] = json.loads(self._result.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._failed("it ended before its list of benchmarks was whole") from error
        return found

    def _failed(self, reason: str) -> MeasurementError:
        side = self._contender.side.value
        return MeasurementError(
            f"the suite of {side}, {_short(self._contender)}, cannot be imported: {reason}; "
            f"all it said is in {self._log}"
        )

    def __enter__(self) -> "_Search":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _asv_script() -> Path:
    """asv's own starter of asv_runner, a file that runs in any environment."""
    spec = importlib.util.find_spec("asv")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "benchmark.py"
