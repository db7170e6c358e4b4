"""Which benchmarks are flagged if the false discoveries are limited instead of the false alarms.

Benjamini and Hochberg 1995, "Controlling the false discovery rate", J. R. Statist. Soc. B 57,
289-300, doi:10.1111/j.2517-6161.1995.tb02031.x: of m p-values in rising order, the first k are
flagged for the largest k with p(k) <= q k / m. The p-values are those of the sequential test (the
smallest over looks and directions, each multiplied by what its share of the level leaves), which
are valid wherever sampling stops: Johari, Koomen, Pekelis and Walsh 2022, "Always valid
inference", Operations Research 70, 1806-1821, doi:10.1287/opre.2021.2135. docs/gate-method.md says
what is assumed about how they depend on each other.
"""

from collections.abc import Sequence
from dataclasses import replace

from hotloop.gate.rule.decide import Judgement, Rule
from hotloop.gate.verdicts import Control, Verdict


def discovered(rule: Rule, judgements: Sequence[Judgement | None]) -> list[Judgement | None]:
    """The judgements of a run, those that only the others' evidence flags flagged too.

    Their p-values become those of the step-up procedure: flagged if at most the rule's level.
    None stands for a benchmark that figures do not decide. What is the same stays the same: its
    p-value counts as 1. Under another control nothing changes.
    """
    if rule.control is not Control.DISCOVERIES:
        return list(judgements)
    counting = [
        (place, judgement)
        for place, judgement in enumerate(judgements)
        if judgement is not None and judgement.verdict is not Verdict.SAME
    ]
    counting.sort(key=lambda counted: counted[1].sequential_p, reverse=True)
    found = list(judgements)
    adjusted = 1.0
    for rank, (place, judgement) in zip(range(len(counting), 0, -1), counting, strict=True):
        adjusted = min(adjusted, judgement.sequential_p * rule.benchmarks / rank)
        flagged = adjusted <= rule.false_alarms
        found[place] = replace(
            judgement,
            verdict=judgement.claim if flagged else judgement.verdict,
            p_value=adjusted,
        )
    return found


def is_discovered(rule: Rule, sequential_p: float, others: int) -> bool:
    """Whether it will be flagged if ``others`` are, whatever comes after."""
    return sequential_p * rule.benchmarks / (others + 1) <= rule.false_alarms
