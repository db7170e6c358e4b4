"""Whole runs on equal commits, drawn from the recorded pairs: how often they flag anything.

Base and head of each drawn pair are swapped by a fair coin, which is what equal code means. What a
run flags is then due to the rule alone: to its tests, and to who gets the next pair and when. The
last rows let the machine become noisier, or calmer, twentyfold during a run. There a schedule
that followed the signs of the pairs would flag more.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TextIO

from hotloop.base.units import percent
from hotloop.gate.measure import usual_rule
from hotloop.gate.model import Effort
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.findings import Campaign
from hotloop.gate.rule.simulate import Noise
from hotloop.stats.proportion import at_most
from scripts.error_rates import drawn
from scripts.error_rates.known_project import KINDS
from scripts.error_rates.record import Run
from scripts.error_rates.simulated import recorded_noises
from scripts.tables import write as write_table

HEAD = ("runs on equal commits", "flagged anything", "95 % sure of", "given up", "seconds")
TIMES = 20.0
# About as long as a run of the eight takes.
RUN_S = 40.0

Spread = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Setting:
    """A rule, and how the noise changes with the seconds since the run began."""

    words: str
    floor: float
    spread: Spread


SETTINGS = (
    Setting("as recorded, usual rule", 0.005, lambda _seconds: 1.0),
    Setting("as recorded, no floor", 0.0, lambda _seconds: 1.0),
    Setting("grows twentyfold, no floor", 0.0, lambda seconds: TIMES ** (seconds / RUN_S)),
    Setting("shrinks twentyfold, no floor", 0.0, lambda seconds: TIMES ** -(seconds / RUN_S)),
)


def write(
    out: TextIO, runs: Sequence[Run], simulated: int, settings: Sequence[Setting] = SETTINGS
) -> None:
    """A Markdown table; raises MeasurementError as ``recorded_noises`` does."""
    noises = recorded_noises(runs)
    write_table(out, HEAD, (_row(setting, noises, simulated) for setting in settings))


def _row(setting: Setting, noises: Sequence[Noise], simulated: int) -> Sequence[str]:
    usual = usual_rule(Effort.USUAL, len(noises))
    margin = Effort.USUAL.margin_over(setting.floor)
    rule = replace(usual, floor=setting.floor, margin=margin)
    flagged = given_up = 0
    seconds = 0.0
    for seed in range(simulated):
        found = _run(setting, noises, rule, seed)
        flagged += any(each.verdict.is_flag for each in found.findings)
        given_up += sum(each.given_up_after is not None for each in found.findings)
        seconds += found.elapsed_s
    return (
        setting.words,
        f"{flagged} of {simulated}",
        f"at most {percent(at_most(flagged, simulated))}",
        f"{100 * given_up / simulated / len(noises):.1f} %",
        f"{seconds / simulated:.0f}",
    )


def _run(setting: Setting, noises: Sequence[Noise], rule: Rule, seed: int) -> Campaign:
    rng = random.Random(seed)

    def draws(noise: Noise) -> drawn.Draw:
        return lambda seconds: (
            rng.choice(noise.log_ratios) * rng.choice((-1, 1)) * setting.spread(seconds)
        )

    return drawn.run(
        {
            drawn.benchmark(kind.benchmark): (draws(noise), noise.pair_s)
            for kind, noise in zip(KINDS, noises, strict=True)
        },
        rule,
        seed,
    )
