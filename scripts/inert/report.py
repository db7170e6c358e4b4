"""The runs as Markdown tables for docs/gate-measured.md: what was flagged, how builds differ."""

import statistics
from collections.abc import Sequence

from hotloop.base.units import percent
from hotloop.stats.proportion import at_most
from scripts.inert import changes
from scripts.inert.changes import Code
from scripts.inert.project import SLOWER
from scripts.inert.record import Run
from scripts.inert.spread import Compared, spread
from scripts.tables import table


def render(runs: Sequence[Run]) -> str:
    """All tables."""
    inert = [run for run in runs if run.kind != SLOWER]
    return "\n".join(
        [
            "### Runs on commits that cost the same, and what they flagged",
            "",
            *_tools(inert),
            "",
            "### Verdicts that flagged something: as built, and at the end",
            "",
            *_kinds(inert),
            "",
            "### Spread between builds as they are, per cent",
            "",
            *_spreads(inert),
            "",
            "### Benchmarks that do 103 % of the turns: called slower",
            "",
            *_slower([run for run in runs if run.kind == SLOWER]),
            "",
        ]
    )


def _tools(runs: Sequence[Run]) -> list[str]:
    head = (
        *("tool", "runs", "flagged as built", "flagged at the end", "95 % sure of"),
        *("load average", "seconds a run"),
    )
    rows = []
    for tool, group in _by_tool(runs):
        flagged = sum(bool(run.flagged) for run in group)
        rows.append(
            (
                *(tool, str(len(group)), str(sum(bool(_as_built(run)) for run in group))),
                *(str(flagged), f"at most {percent(at_most(flagged, len(group)))}"),
                _range([run.load[0] for run in group]),
                f"{statistics.median(run.seconds for run in group):.0f}",
            )
        )
    return table(head, rows)


def _kinds(runs: Sequence[Run]) -> list[str]:
    head = ("tool", "change", "runs", *(code.words for code in Code))
    rows = []
    for tool, group in _by_tool(runs):
        for kind in (*changes.KINDS, ""):
            chosen = [run for run in group if kind in ("", run.kind)]
            if chosen:
                cells = [_flags(chosen, code) for code in Code]
                rows.append((tool, kind or "any", str(len(chosen)), *cells))
    return table(head, rows)


def _flags(runs: Sequence[Run], code: Code) -> str:
    """ "5, 0 of 12": benchmarks flagged as built and at the end, of those that were judged."""

    def counted(names: Sequence[str]) -> int:
        return sum(_code_of(name) is code for name in names)

    first = sum(counted(_as_built(run)) for run in runs)
    last = sum(counted(run.flagged) for run in runs)
    return f"{first}, {last} of {sum(counted(list(run.ratios)) for run in runs)}"


def _spreads(runs: Sequence[Run]) -> list[str]:
    head = ("code", "benchmark", "builds", "runs", "between pairs", "between builds", "largest")
    rows = []
    for name in _names(runs):
        compared = [
            Compared(run.base, run.head, pairs)
            for run in runs
            if (pairs := run.as_built.get(name) or run.pairs.get(name))
        ]
        found = spread(compared)
        if found is None:
            continue
        largest = max((statistics.median(run.pairs) for run in compared), key=abs)
        rows.append(
            (
                *(_code_of(name).words, name),
                str(len({build for run in compared for build in (run.base, run.head)})),
                *(str(len(compared)), f"{100 * found.pairs:.2f}"),
                f"{100 * found.builds:.2f} [{100 * found.low:.2f}, {100 * found.high:.2f}]",
                f"{100 * largest:+.2f}",
            )
        )
    return table(head, rows)


def _slower(runs: Sequence[Run]) -> list[str]:
    head = ("tool", "runs", *(code.words for code in Code), "seconds a run")
    rows = []
    for tool, group in _by_tool(runs):
        cells = []
        for code in Code:
            names = [name for run in group for name in run.ratios if _code_of(name) is code]
            found = [name for run in group for name in run.slower if _code_of(name) is code]
            cells.append(f"{len(found)} of {len(names)}")
        seconds = f"{statistics.median(run.seconds for run in group):.0f}"
        rows.append((tool, str(len(group)), *cells, seconds))
    return table(head, rows)


def _as_built(run: Run) -> list[str]:
    """What was, or would have been, flagged without measuring again."""
    return sorted({*run.as_built, *run.flagged})


def _by_tool(runs: Sequence[Run]) -> list[tuple[str, list[Run]]]:
    tools = dict.fromkeys(run.tool for run in runs)
    return [(tool, [run for run in runs if run.tool == tool]) for tool in tools]


def _names(runs: Sequence[Run]) -> list[str]:
    """The benchmarks of the gate's runs, by kind of code."""
    names = {name for run in runs for name in run.pairs}
    return sorted(names, key=lambda name: (list(Code).index(_code_of(name)), name))


def _code_of(benchmark: str) -> Code:
    module = benchmark.partition(".")[0]
    return next(code for code in Code if code.module == module)


def _range(values: Sequence[float]) -> str:
    return f"{min(values):.0f} to {max(values):.0f}"
