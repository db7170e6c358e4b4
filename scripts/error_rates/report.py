"""The runs as Markdown tables for docs/gate-measured.md: false alarms, power, offsets, minutes."""

import math
import statistics
from collections.abc import Callable, Sequence

import numpy as np

from hotloop.base.units import percent
from hotloop.stats.proportion import at_most
from hotloop.stats.spread import robust_deviation
from scripts.error_rates.known_project import KINDS, TRUE_SLOWDOWNS
from scripts.error_rates.record import Load, Run, Tool, versions
from scripts.tables import table

# For the interval of a centre; and how many runs can show how runs differ.
CENTRE_CONFIDENCE = 0.95
FEWEST_RUNS_FOR_OFFSETS = 5
RESAMPLES = 2000
SEED = 417


def render(runs: Sequence[Run]) -> str:
    """Four tables, each over all tools and loads that there are runs of."""
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
            "### Pairs of equal commits, per cent: their centre, and how it wanders between runs",
            "",
            *_offsets(runs),
            "",
            "### Seconds a run, median (builds that are done once not included)",
            "",
            *_seconds(runs),
            "",
        ]
    )


def _false_alarms(runs: Sequence[Run]) -> list[str]:
    head = (
        *("tool", "machine", "runs", "flagged", "95 % sure of", "called slower", "called faster"),
        *("slower verdicts", "faster verdicts"),
    )
    rows = []
    for load, tool, equal in _groups([run for run in runs if run.slowdown_percent == 0]):
        flagged = sum(bool(run.flagged) for run in equal)
        slower = sum(bool(run.slower) for run in equal)
        faster = sum(bool(run.faster) for run in equal)
        judged = sum(len(run.ratios) for run in equal)
        bound = f"at most {percent(at_most(flagged, len(equal)))}"
        rows.append(
            (
                *(tool, load.value, str(len(equal)), f"{flagged} of {len(equal)}", bound),
                *(f"{slower} of {len(equal)}", f"{faster} of {len(equal)}"),
                f"{sum(len(run.slower) for run in equal)} of {judged}",
                f"{sum(len(run.faster) for run in equal)} of {judged}",
            )
        )
    return table(head, rows)


def _power(runs: Sequence[Run]) -> list[str]:
    head = ("benchmark", "tool", "machine", *(f"+{percent} %" for percent in TRUE_SLOWDOWNS))
    groups = _groups([run for run in runs if run.slowdown_percent])
    names: list[tuple[str, Callable[[str], bool]]] = [
        (kind.words, kind.benchmark.__eq__) for kind in KINDS
    ]
    quick = {kind.benchmark for kind in KINDS if not kind.slow}
    names.append(("all under 10 ms", quick.__contains__))
    return table(
        head,
        [
            (words, tool, load.value, *(_found(group, p, chosen) for p in TRUE_SLOWDOWNS))
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
                *(tool, load.value, _median(equal), _median(slower)),
                *(f"{max(run.seconds for run in group):.0f}", _median(installing)),
            )
        )
    return table(head, rows)


def _offsets(runs: Sequence[Run]) -> list[str]:
    """Whether pairs of equal code are off by something, always or in one run and not in the next.

    The centre is the median of all pairs. Pairs of one run may share something, so its interval
    comes from resampling whole runs (``_by_runs``).

    "between runs" is the standard deviation of the runs' means over what the scatter of
    their pairs leads to expect: 1 if the pairs of a run are independent.
    """
    head = ("benchmark", "tool", "machine", "pairs", "centre", "robust sd", "between runs")
    rows = []
    equal = [run for run in runs if run.slowdown_percent == 0 and run.pairs]
    for kind in KINDS:
        for load, tool, group in _groups(equal):
            parts = [run.pairs[kind.benchmark] for run in group if run.pairs.get(kind.benchmark)]
            values = [value for part in parts for value in part]
            if len(parts) < FEWEST_RUNS_FOR_OFFSETS:
                continue
            low, high = _by_runs(parts)
            rows.append(
                (
                    *(kind.words, tool, load.value, str(len(values))),
                    f"{100 * statistics.median(values):+.3f} [{100 * low:+.3f}, {100 * high:+.3f}]",
                    f"{100 * robust_deviation(values):.2f}",
                    f"{_wandering(parts):.2f}",
                )
            )
    return table(head, rows)


def _by_runs(parts: Sequence[Sequence[float]]) -> tuple[float, float]:
    """The interval of the median of all values, from runs drawn with replacement.

    A cluster bootstrap: percentiles of the medians of drawn sets of runs (Field and Welsh 2007,
    "Bootstrapping clustered data", J. R. Statist. Soc. B 69, 369-390,
    doi:10.1111/j.1467-9868.2007.00593.x).
    """
    rng = np.random.default_rng(SEED)
    runs = [np.asarray(part) for part in parts]
    medians = [
        float(np.median(np.concatenate([runs[k] for k in rng.integers(len(runs), size=len(runs))])))
        for _ in range(RESAMPLES)
    ]
    tail = (1 - CENTRE_CONFIDENCE) / 2
    low, high = np.quantile(medians, (tail, 1 - tail))
    return float(low), float(high)


def _wandering(parts: Sequence[Sequence[float]]) -> float:
    """How much more the parts' means scatter than independent values would let them.

    One-way analysis of variance on values held within three robust deviations: the square
    root of F (Fisher 1925, "Statistical Methods for Research Workers", chapter 7).
    """
    # What takes long to load, and few need.
    from scipy.stats import f_oneway

    everything = [value for part in parts for value in part]
    middle, reach = statistics.median(everything), 3 * robust_deviation(everything)
    if not reach:
        return math.nan
    held = [[min(max(v, middle - reach), middle + reach) for v in part] for part in parts]
    return math.sqrt(f_oneway(*held).statistic)


def _groups(runs: Sequence[Run]) -> list[tuple[Load, str, list[Run]]]:
    """The runs by load and by how the tool was called, those without any left out.

    Runs of several versions of hotloop are told apart, never counted together.
    """
    order = list(Tool)
    mixed = len(versions(runs)) > 1

    def name(run: Run) -> str:
        return f"{run.name}, {run.version}" if mixed and run.version else run.name

    names = dict.fromkeys(
        name(run) for run in sorted(runs, key=lambda run: (order.index(run.tool), run.options))
    )
    grouped = [
        (load, each, [run for run in runs if (run.load, name(run)) == (load, each)])
        for load in Load
        for each in names
    ]
    return [group for group in grouped if group[2]]


def _median(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.0f}" if seconds else ""
