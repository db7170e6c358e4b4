"""The runs as Markdown tables for docs/method.md: false alarms, power, minutes."""

import statistics
from collections.abc import Callable, Sequence

from hotloop.stats.proportion import at_most
from hotloop.units import percent
from scripts.error_rates.known_project import KINDS, SLOWDOWNS_PERCENT
from scripts.error_rates.record import Load, Run, Tool

TRUE_SLOWDOWNS = tuple(percent for percent in SLOWDOWNS_PERCENT if percent)


def render(runs: Sequence[Run]) -> str:
    """Three tables, each over all tools and loads that there are runs of."""
    return "\n".join(
        [
            "### False alarms: runs on equal commits that flagged anything",
            "",
            *_false_alarms(runs),
            "",
            "### Power: how often a benchmark that really is slower was called slower",
            "",
            *_power(runs),
            "",
            "### Seconds a run, median (builds that are done once not included)",
            "",
            *_seconds(runs),
            "",
        ]
    )


def _false_alarms(runs: Sequence[Run]) -> list[str]:
    head = ("tool", "machine", "runs", "flagged", "95 % sure of", "called slower", "verdicts")
    rows = []
    for load, tool, equal in _groups([run for run in runs if run.slowdown_percent == 0]):
        flagged = sum(bool(run.slower or run.faster) for run in equal)
        slower = sum(bool(run.slower) for run in equal)
        verdicts = sum(len(run.slower) + len(run.faster) for run in equal)
        judged = sum(len(run.ratios) for run in equal)
        bound = f"at most {percent(at_most(flagged, len(equal)))}"
        rows.append(
            (
                *(tool.value, load.value, str(len(equal)), f"{flagged} of {len(equal)}", bound),
                *(f"{slower} of {len(equal)}", f"{verdicts} of {judged}"),
            )
        )
    return _table(head, rows)


def _power(runs: Sequence[Run]) -> list[str]:
    head = ("benchmark", "tool", "machine", *(f"+{percent} %" for percent in TRUE_SLOWDOWNS))
    groups = _groups([run for run in runs if run.slowdown_percent])
    names: list[tuple[str, Callable[[str], bool]]] = [
        (kind.words, kind.benchmark.__eq__) for kind in KINDS
    ]
    quick = {kind.benchmark for kind in KINDS if not kind.slow}
    names.append(("all under 10 ms", quick.__contains__))
    return _table(
        head,
        [
            (words, tool.value, load.value, *(_found(group, p, chosen) for p in TRUE_SLOWDOWNS))
            for words, chosen in names
            for load, tool, group in groups
        ],
    )


def _found(runs: Sequence[Run], percent: int, chosen: Callable[[str], bool]) -> str:
    """ "24 of 24" verdicts on the chosen benchmarks, or "" without runs."""
    there = [run for run in runs if run.slowdown_percent == percent]
    benchmarks = [kind.benchmark for kind in KINDS if chosen(kind.benchmark)]
    slower = sum(name in run.slower for run in there for name in benchmarks)
    return f"{slower} of {len(there) * len(benchmarks)}" if there else ""


def _seconds(runs: Sequence[Run]) -> list[str]:
    head = ("tool", "machine", "equal commits", "slower commits", "longest", "of it installing")
    rows = []
    for load, tool, group in _groups(runs):
        equal = [run.seconds for run in group if run.slowdown_percent == 0]
        slower = [run.seconds for run in group if run.slowdown_percent]
        installing = [run.building_seconds for run in group if run.building_seconds is not None]
        rows.append(
            (
                *(tool.value, load.value, _median(equal), _median(slower)),
                *(f"{max(run.seconds for run in group):.0f}", _median(installing)),
            )
        )
    return _table(head, rows)


def _groups(runs: Sequence[Run]) -> list[tuple[Load, Tool, list[Run]]]:
    """The runs by load and tool, those without any left out."""
    grouped = [
        (load, tool, [run for run in runs if (run.load, run.tool) == (load, tool)])
        for load in Load
        for tool in Tool
    ]
    return [group for group in grouped if group[2]]


def _median(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.0f}" if seconds else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines] if rows else ["no runs yet"]
