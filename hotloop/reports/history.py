"""What asv measured over commits, from its folder of results: a section for each machine.

The steps are asv's own (``asv.step_detect``: piecewise constant fits by the Potts functional, as
``asv publish`` draws them).
"""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hotloop.base import units
from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.mishap import told
from hotloop.base.stored import Named
from hotloop.gate.cells import BYTES, SECONDS, SHORT_HASH, value
from hotloop.report.charts import Axis, Chart, Curves, Scale, Series
from hotloop.report.html import Section
from hotloop.report.layout import Align, Column, Row, Style, Table, Wrap
from hotloop.report.page import Page

BENCHMARKS = "benchmarks.json"
# Charts of benchmarks with a step, the largest first; the table has all.
MOST_CHARTS = 24
# Fewer commits have no steps.
FEWEST_COMMITS = 3
CONFIGURATION = "asv.conf.json"
# Results are in .asv/results beside it, or as deep in it as its results_dir says.
CONFIGURED_WITHIN = 4
LINKED = ("https://", "http://")
# What reading one raises if it is not as asv writes it.
DAMAGED = (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError)
# More is worse.
COSTS = (SECONDS, BYTES)


@dataclass(slots=True)
class _Line:
    """One benchmark with one combination of parameters in one environment, by commit."""

    unit: str | None
    values: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _MachineHistory:
    """``dates``: milliseconds since 1970 of each commit, as asv stores them."""

    dates: dict[str, int] = field(default_factory=dict)
    lines: dict[tuple[str, str], _Line] = field(default_factory=dict)

    def commits(self) -> list[str]:
        """In the order of their dates."""
        return sorted(self.dates, key=lambda commit: (self.dates[commit], commit))


@dataclass(frozen=True, slots=True)
class _Step:
    """A benchmark's last change: the mean from ``commit`` on is ``ratio`` times that before."""

    commit: str
    ratio: float


@dataclass(frozen=True, slots=True)
class _Told:
    """A benchmark over commits: its points, the levels between steps, and its last step."""

    name: str
    unit: str | None
    points: Sequence[tuple[int, float]]
    levels: Sequence[tuple[int, float]]
    step: _Step | None


def is_history(path: Path | None) -> bool:
    """Whether it is a folder, and so asv's results."""
    return path is not None and path.is_dir()


def sections(named: Named) -> tuple[list[Section], list[str]]:
    """A section for each machine, and a sentence for each file that asv cannot read.

    Raises MeasurementError if there are no results, UsageError without asv.
    """
    assert named.path is not None
    machines, unread = _read(named.path)
    if not machines:
        raise MeasurementError(
            f"{named.path} holds no results of asv; give asv's results_dir, such as .asv/results"
        )
    url = _commit_url(named.path)
    return [
        _section(named, machine, history, url) for machine, history in sorted(machines.items())
    ], unread


def _read(folder: Path) -> tuple[dict[str, _MachineHistory], list[str]]:
    try:
        from asv import results, util
    except ImportError:
        raise UsageError(f"{folder}: asv reads it; pip install hotloop[asv]") from None
    benchmarks = _benchmarks(folder)
    machines: dict[str, _MachineHistory] = {}
    unread = []
    for root, file, machine in results.iter_results_paths(str(folder)):
        path = Path(root) / file
        try:
            found = results.Results.load(str(path), machine_name=machine)
            _add(machines.setdefault(machine, _MachineHistory()), found, benchmarks)
        except (util.UserError, *DAMAGED) as error:
            unread.append(f"{path} is damaged or of another version of asv: {told(error)}")
    return {name: found for name, found in machines.items() if found.lines}, unread


def _benchmarks(folder: Path) -> Mapping[str, Any]:
    path = folder / BENCHMARKS
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MeasurementError(
            f"cannot read {path}: {error.strerror or error}; give asv's results_dir"
        ) from error
    except ValueError as error:
        raise MeasurementError(f"{path} is damaged or not JSON ({error})") from error
    return {name: entry for name, entry in found.items() if isinstance(entry, dict)}


def _add(history: _MachineHistory, found: Any, benchmarks: Mapping[str, Any]) -> None:
    """What one file says: one commit in one environment. Raises ValueError for no date."""
    if not isinstance(found.date, int):
        raise ValueError(f"the date of its commit is {found.date!r}")
    _day(found.date)
    history.dates[found.commit_hash] = found.date
    for name in found.get_result_keys(benchmarks):
        entry = benchmarks[name]
        values = found.get_result_value(name, entry["params"])
        for params, figure in zip(itertools.product(*entry["params"]), values, strict=False):
            if isinstance(figure, int | float) and math.isfinite(figure):
                label = f"{name}({', '.join(params)})" if params else name
                line = history.lines.setdefault((found.env_name, label), _Line(entry.get("unit")))
                line.values[found.commit_hash] = float(figure)


def _commit_url(folder: Path) -> str:
    """What a commit's hash is added to for its page; empty if nobody says.

    ``show_commit_url`` of the ``asv.conf.json`` nearest above the results.
    """
    from asv import config, util

    for above in folder.resolve().parents[:CONFIGURED_WITHIN]:
        file = above / CONFIGURATION
        if file.is_file():
            try:
                url = config.Config.load(str(file)).show_commit_url
            except (util.UserError, OSError, ValueError):
                return ""
            return url if isinstance(url, str) and url.startswith(LINKED) else ""
    return ""


def _section(named: Named, machine: str, history: _MachineHistory, url: str) -> Section:
    commits = history.commits()
    several = len({environment for environment, _ in history.lines}) > 1
    lines = [
        _tell(f"{label} in {environment}" if several else label, line, commits)
        for (environment, label), line in sorted(history.lines.items())
    ]
    # What became slower last first, then what became faster, then what did not change.
    lines.sort(key=lambda line: (-line.step.ratio if line.step else 0.0, line.name))
    page = Page(
        head=[
            f"machine {machine}",
            units.counted(len(commits), "commit"),
            f"{_day(history.dates[commits[0]])} to {_day(history.dates[commits[-1]])}",
            units.counted(len(lines), "benchmark"),
        ],
        tables=[_table(lines, history)],
        doubts=[],
        remarks=["last step: by asv's own detection, of the mean after over the mean before"],
        closing=[],
        answer=_answer(lines, history),
    )
    stepped = [line for line in lines if line.step is not None]
    charts = [_chart(line, commits) for line in stepped[:MOST_CHARTS]]
    steps = {line.step.commit for line in stepped if line.step}
    return Section(
        f"{named.label} (asv, {machine})",
        named.source,
        page,
        charts,
        links={_at(history, commit): f"{url}{commit}" for commit in steps if url},
    )


def _tell(name: str, line: _Line, commits: Sequence[str]) -> _Told:
    from asv.step_detect import detect_steps

    points = [(n, line.values[c]) for n, c in enumerate(commits) if c in line.values]
    levels: list[tuple[int, float]] = []
    step = None
    if len(points) >= FEWEST_COMMITS:
        pieces = detect_steps([figure for _, figure in points])
        for left, right, level, *_ in pieces:
            levels += [(points[left][0], level), (points[right - 1][0], level)]
        if len(pieces) > 1 and pieces[-2][2] > 0:
            commit = commits[points[pieces[-1][0]][0]]
            step = _Step(commit, pieces[-1][2] / pieces[-2][2])
    return _Told(name, line.unit, points, levels, step)


def _answer(lines: Sequence[_Told], history: _MachineHistory) -> str:
    """How many became worse, and which most, since when; ``lines`` in the order of the table."""
    worse = [line for line in lines if _style(line) is Style.BAD]
    said = f"{len(worse)} of {units.counted(len(lines), 'benchmark')} became worse at the last step"
    if not worse:
        return said
    first = worse[0]
    assert first.step is not None
    when = _at(history, first.step.commit)
    return f"{said}, most of all {first.name}: {units.change(first.step.ratio)} since {when}"


def _table(lines: Sequence[_Told], history: _MachineHistory) -> Table:
    columns = (
        Column("benchmark", Align.LEFT, wrapped=Wrap.NAMES),
        Column("commits"),
        Column("first"),
        Column("last"),
        Column("last step"),
        Column("at", Align.LEFT),
    )
    return Table(columns, tuple(_row(line, history) for line in lines))


def _row(line: _Told, history: _MachineHistory) -> Row:
    step = line.step
    return Row(
        (
            line.name,
            units.count(len(line.points)),
            value(line.points[0][1], line.unit),
            value(line.points[-1][1], line.unit),
            "" if step is None else units.change(step.ratio),
            "" if step is None else _at(history, step.commit),
        ),
        style=_style(line),
    )


def _style(line: _Told) -> Style:
    if line.step is None:
        return Style.PLAIN
    if line.unit not in COSTS:
        # Nobody says whether more of it is worse.
        return Style.DOUBT
    return Style.BAD if line.step.ratio > 1 else Style.GOOD


def _chart(line: _Told, commits: Sequence[str]) -> Chart:
    def commit(place: float) -> str:
        return commits[min(len(commits) - 1, max(0, round(place)))][:SHORT_HASH]

    return Curves(
        line.name,
        Axis("commit, in order of time", Scale.LINEAR, commit),
        Axis("value", Scale.LINEAR, lambda figure: value(figure, line.unit)),
        (Series("measured", line.points, is_scatter=True), Series("level", line.levels)),
    )


def _at(history: _MachineHistory, commit: str) -> str:
    return f"{commit[:SHORT_HASH]} {_day(history.dates[commit])}"


def _day(date_ms: int) -> str:
    """Raises ValueError, OverflowError or OSError for what is no date."""
    return f"{datetime.fromtimestamp(date_ms / 1000, UTC):%Y-%m-%d}"
