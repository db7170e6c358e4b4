"""What is about to be flagged is measured again with its machine code at other addresses.

The address of a loop in compiled code can cost more than any commit (``hotloop.gate.build.placing``
says how much, and how this is avoided). So if compiled code differs, what would be flagged is
measured again: both sides are built once more, and linked anew for each pair of processes, every
function at the same address on both sides. These pairs decide in place of the first ones, by the
same rule and at the same level. A run flags nothing that they do not, so their bound on the false
alarms is that of the run.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hotloop.base.clock import Clock
from hotloop.base.errors import MeasurementError
from hotloop.base.units import first_few
from hotloop.gate.build.layouts import LayOut, Layouts, differing
from hotloop.gate.build.placing import NotPlaceable
from hotloop.gate.model import Contender, Kind, Stop
from hotloop.gate.pairs.executor import PairExecutor
from hotloop.gate.pairs.relaid import Relaid
from hotloop.gate.rule import campaign
from hotloop.gate.rule.campaign import ReportProgress
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.findings import Campaign, Finding
from hotloop.gate.rule.limits import Limits

TIMED = frozenset({Kind.TIME, Kind.TIMERAW})
MOST_NAMES = 2
# Functions that the commit changed scatter from layout to layout, so that more pairs are needed
# than usual. It is for few benchmarks, and those that did not become slower end soon.
TIMES_THE_USUAL = 3.0


@dataclass(frozen=True, slots=True)
class Again:
    """What measuring again needs.

    ``layouts`` builds both sides once more (None: it cannot be done here, ``reason``);
    ``executor`` makes a new one.
    """

    base: Contender
    head: Contender
    layouts: LayOut | None
    executor: Callable[[], PairExecutor]
    limits: Limits
    clock: Clock
    seed: int


def confirm(
    first: Campaign, rule: Rule, again: Again, progress: ReportProgress
) -> tuple[Campaign, tuple[str, ...]]:
    """The campaign with what was measured again in place of what was flagged, and warnings."""
    flagged = [
        finding
        for finding in first.findings
        if finding.verdict.is_flag and finding.benchmark.kind in TIMED
    ]
    libraries = list(differing(again.base, again.head))
    if not flagged or not libraries or first.stop is Stop.INTERRUPTED:
        return first, ()
    if again.layouts is None:
        return first, (_not_covered(flagged, libraries, "the gate did not build them"),)
    try:
        with again.layouts(lambda what: progress(f"building again: {what}", 0.0)) as layouts:
            second = _measured_again(flagged, rule, first.tested, again, layouts, progress)
            uncovered = layouts.uncovered
    except (NotPlaceable, MeasurementError) as error:
        return first, (_not_covered(flagged, libraries, str(error)),)
    except KeyboardInterrupt:
        # While building; while measuring, the campaign ends with what it has.
        stopped = replace(first, stop=Stop.INTERRUPTED)
        return stopped, (_not_covered(flagged, libraries, "interrupted before that"),)
    # What gives no figures where it is linked anew says nothing about the commit.
    by_benchmark = {
        finding.benchmark: finding for finding in second.findings if finding.verdict.by_numbers
    }
    findings = tuple(
        replace(by_benchmark[finding.benchmark], as_built=finding)
        if finding.benchmark in by_benchmark
        else finding
        for finding in first.findings
    )
    stop = Stop.INTERRUPTED if second.stop is Stop.INTERRUPTED else first.stop
    merged = replace(
        first, findings=findings, stop=stop, elapsed_s=first.elapsed_s + second.elapsed_s
    )
    warnings = []
    still = [finding for finding in findings if finding.verdict.is_flag and finding.as_built]
    if uncovered and still:
        path, why = next(iter(uncovered.items()))
        warnings.append(_not_covered(still, list(uncovered), f"{path}: {why}"))
    failed = [each for each in second.findings if each.benchmark not in by_benchmark]
    if failed:
        who = first_few([each.benchmark.label for each in failed], MOST_NAMES)
        why = f"linked so, {who} gave no figures: {failed[0].reason}"
        stay = [finding for finding in flagged if finding.benchmark not in by_benchmark]
        warnings.append(_not_covered(stay, libraries, why))
    return merged, tuple(warnings)


def _measured_again(
    flagged: Sequence[Finding],
    rule: Rule,
    tested: int,
    again: Again,
    layouts: Layouts,
    progress: ReportProgress,
) -> Campaign:
    chance = random.Random(again.seed)
    with Relaid(again.executor(), layouts.lay, chance.getrandbits(32)) as executor:
        return campaign.run(
            [finding.benchmark for finding in flagged],
            executor,
            rule,
            replace(again.limits, generosity=again.limits.generosity * TIMES_THE_USUAL),
            again.clock,
            chance,
            lambda what, done: progress(f"again, at other addresses: {what}", done),
            # However few are measured again, each keeps the level that it has among all.
            tested=tested,
        )


def _not_covered(flagged: Sequence[Finding], libraries: Sequence[str], why: str) -> str:
    who = first_few([finding.benchmark.label for finding in flagged], MOST_NAMES)
    return (
        f"where its machine code lies in memory may be all that changed {who}: the builds differ "
        f"in {first_few(libraries, 1)}, which could not be linked at the same addresses on both "
        f"sides ({why})"
    )
