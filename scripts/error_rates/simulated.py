"""Simulated runs of the gate, drawn from the pairs of the recorded runs on equal commits."""

from collections.abc import Sequence

import numpy as np

from hotloop.base.errors import MeasurementError
from hotloop.base.units import percent
from hotloop.gate.measure import usual_rule
from hotloop.gate.model import Effort
from hotloop.gate.rule.limits import allowance_s
from hotloop.gate.rule.simulate import SLOWDOWNS, Noise, simulate
from hotloop.stats.spread import robust_deviation
from scripts.error_rates.known_project import KINDS, Kind
from scripts.error_rates.record import Load, Run, Tool
from scripts.tables import table

SEED = 417


def recorded_noises(runs: Sequence[Run]) -> list[Noise]:
    """The pairs of each of ``KINDS`` in the usual, quiet runs on equal commits.

    Raises MeasurementError if too few usual, quiet runs of the gate are among ``runs``.
    """
    usual = [
        run
        for run in runs
        if run.tool is Tool.GATE and run.load is Load.QUIET and not run.options and run.pairs
    ]
    equal = [run for run in usual if run.slowdown_percent == 0]
    if not equal:
        raise MeasurementError("there is no usual run of the gate on equal commits to draw from")
    pair_s = _pair_seconds(usual)
    return [
        Noise(tuple(d for run in equal for d in run.pairs.get(kind.benchmark, ())), pair_s[kind])
        for kind in KINDS
    ]


def render(runs: Sequence[Run], simulated: int) -> str:
    """A table of power in per cent, and how often runs on equal commits flagged anything.

    Raises MeasurementError as ``recorded_noises`` does.
    """
    noises = recorded_noises(runs)
    rule = usual_rule(Effort.USUAL, len(noises))
    budget_s = allowance_s(rule, np.array([noise.pair_s for noise in noises]))
    found = simulate(noises, rule, budget_s, simulated, np.random.default_rng(SEED))
    head = ("benchmark", "pairs", "robust sd", *(f"+{100 * part:g} %" for part in SLOWDOWNS))
    rows = [
        (
            *(kind.words, str(len(noise.log_ratios))),
            f"{100 * robust_deviation(noise.log_ratios):.2f}",
            *(f"{100 * share.rate:.3g}" for share in rates.power),
        )
        for kind, noise, rates in zip(KINDS, noises, found.benchmarks, strict=True)
    ]
    alarms = found.false_alarms
    sentence = (
        f"{alarms.count} of {alarms.trials} runs on equal commits flagged anything (at most "
        f"{percent(alarms.high)}); a run measures for {found.seconds:.0f} s."
    )
    return "\n".join([*table(head, rows), "", sentence, ""])


def _pair_seconds(runs: Sequence[Run]) -> dict[Kind, float]:
    """What a pair of a quick and of a slow benchmark adds to a run, by least squares over runs.

    The third unknown is what each run takes besides: imports, the suite's list.
    """
    # What takes long to load, and few need.
    from scipy.optimize import nnls

    slow = [sum(len(run.pairs.get(k.benchmark, ())) for k in KINDS if k.slow) for run in runs]
    quick = [sum(len(run.pairs.get(k.benchmark, ())) for k in KINDS if not k.slow) for run in runs]
    unknowns = np.column_stack([quick, slow, np.ones(len(runs))])
    measuring = [run.seconds - (run.building_seconds or 0.0) for run in runs]
    (quick_s, slow_s, _), _ = nnls(unknowns, np.array(measuring))
    if not quick_s or not slow_s:
        raise MeasurementError(f"{len(runs)} runs are too few to tell what a pair takes")
    return {kind: float(slow_s if kind.slow else quick_s) for kind in KINDS}
